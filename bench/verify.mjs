// The load on a receiver of Slack's requests, and a receiver to compare with.
//
//   node verify.mjs serve           Node's http: checks the signature, answers
//                                   200 and writes a line; keeps nothing
//   node verify.mjs load PORT       requests from CONNECTIONS at a time, with
//                                   DRIPS slow clients and GARBAGE beside
//
// SECRET, REQUESTS, CONNECTIONS, DRIPS and GARBAGE come from the environment.
import { createHmac, timingSafeEqual } from "node:crypto";
import http from "node:http";
import net from "node:net";

const secret = process.env.SECRET;
const number = (name, fallback) => Number(process.env[name] ?? fallback);

const sign = (timestamp, body) =>
  "v0=" + createHmac("sha256", secret).update(`v0:${timestamp}:`).update(body).digest("hex");

function serve() {
  const server = http.createServer((request, response) => {
    const parts = [];
    request.on("data", (part) => parts.push(part));
    request.on("end", () => {
      const body = Buffer.concat(parts);
      const timestamp = request.headers["x-slack-request-timestamp"] ?? "";
      const given = Buffer.from(request.headers["x-slack-signature"] ?? "");
      const own = Buffer.from(sign(timestamp, body));
      const good = given.length === own.length && timingSafeEqual(given, own) &&
        Math.abs(Date.now() / 1000 - Number(timestamp)) <= 300;
      response.writeHead(good ? 200 : 401).end();
      if (good)
        process.stdout.write(JSON.stringify({ type: "EVENT", body: JSON.parse(body) }) + "\n");
    });
  });
  server.listen(0, "127.0.0.1", 511, () => process.stderr.write(
    `listening at 127.0.0.1:${server.address().port}\n`));
}

async function load(port) {
  const requests = number("REQUESTS", 20000), connections = number("CONNECTIONS", 200);
  const sockets = [];
  for (let i = 0; i < number("DRIPS", 0); i++) {
    const socket = net.connect(port, "127.0.0.1");
    socket.on("error", () => {}).write("POST / HTTP/1.1\r\nX-A: ");
    sockets.push(socket);
  }
  const drip = setInterval(() => sockets.forEach((s) => s.writable && s.write("a")), 200);
  const garbage = setInterval(() => {
    for (let i = 0; i < number("GARBAGE", 0); i++) {
      const socket = net.connect(port, "127.0.0.1");
      socket.on("error", () => {}).end("\x16\x03\x01\0\r\n\r\n GET");
    }
  }, 100);
  const agent = new http.Agent({ keepAlive: true, maxSockets: connections });
  const taken = [], codes = {};
  let next = 0;
  const one = () => new Promise((resolve) => {
    const timestamp = Math.floor(Date.now() / 1000);
    const body = JSON.stringify({ type: "event_callback", team_id: "T1",
      event_id: `Ev${process.pid}x${next}`, event_time: timestamp,
      event: { type: "message", text: "x".repeat(600) } });
    const began = performance.now();
    const done = (code) => {
      taken.push(performance.now() - began);
      codes[code] = (codes[code] ?? 0) + 1;
      resolve();
    };
    const request = http.request({ port, host: "127.0.0.1", method: "POST", agent,
      path: "/slack/events", headers: { "content-type": "application/json",
        "content-length": Buffer.byteLength(body), "x-slack-request-timestamp": timestamp,
        "x-slack-signature": sign(timestamp, body) } },
    (response) => response.resume().on("end", () => done(response.statusCode)));
    request.on("error", (error) => done(error.code)).end(body);
  });
  const began = performance.now();
  await Promise.all(Array.from({ length: connections }, async () => {
    while (next++ < requests)
      await one();
  }));
  const seconds = (performance.now() - began) / 1000;
  clearInterval(drip);
  clearInterval(garbage);
  taken.sort((a, b) => a - b);
  const at = (share) => taken[Math.min(taken.length - 1, Math.floor(share * taken.length))].toFixed(1);
  console.log(`${(requests / seconds).toFixed(0)} requests/s; ms: median ${at(0.5)}, ` +
    `95% ${at(0.95)}, 99% ${at(0.99)}, 99.9% ${at(0.999)}, longest ${at(1)}; ` +
    `answers ${JSON.stringify(codes)}`);
  process.exit(codes[200] === requests ? 0 : 1);
}

if (process.argv[2] === "serve")
  serve();
else
  load(Number(process.argv[3]));
