// What an expert would write in Node without packages: keep a group of messages
// in a file with fsync, post them over 16 kept connections, keep the outcomes.
//   node deliver.mjs PORT FILE <messages
import fs from 'node:fs';
import http from 'node:http';
import readline from 'node:readline';

const [port, path] = process.argv.slice(2);
const file = fs.openSync(path, 'a');
const agent = new http.Agent({ keepAlive: true, maxSockets: 16 });

function post(body) {
  return new Promise((resolve, reject) => {
    const request = http.request({
      agent, port, host: '127.0.0.1', path: '/api/chat.postMessage',
      method: 'POST', headers: {
        authorization: 'Bearer xoxb-bench',
        'content-type': 'application/json; charset=utf-8',
        'content-length': Buffer.byteLength(body),
      },
    }, (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (part) => { text += part; });
      answer.on('end', () => {
        const said = JSON.parse(text);
        if (said.ok) resolve(said); else reject(new Error(said.error));
      });
    });
    request.on('error', reject);
    request.end(body);
  });
}

function keep(lines) {
  fs.writeSync(file, lines.join(''));
  fs.fsyncSync(file);
}

async function send(group) {
  keep(group.map(({ key, payload }) =>
    `${JSON.stringify({ key, state: 'sending', payload })}\n`));
  const outcomes = [];
  let next = 0;
  await Promise.all(Array.from({ length: 16 }, async () => {
    while (next < group.length) {
      const { key, payload } = group[next++];
      const { channel, ts } = await post(JSON.stringify(payload));
      outcomes.push(`${JSON.stringify({ key, state: 'sent', channel, ts })}\n`);
    }
  }));
  keep(outcomes);
}

let group = [];
for await (const line of readline.createInterface({ input: process.stdin })) {
  const message = JSON.parse(line);
  if (message.type !== 'MESSAGE') continue;
  group.push(message);
  if (group.length === 500) {
    await send(group);
    group = [];
  }
}
if (group.length > 0) await send(group);
agent.destroy();
