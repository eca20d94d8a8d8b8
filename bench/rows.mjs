// rows: get the addresses on standard input and write each row of the pages
// as a line, without its links.
//   node rows.mjs USER:PASSWORD [-z]
import http from 'node:http'
import readline from 'node:readline'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'

const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
const headers = { 'REST-Framework-Version': '4' }
if (process.argv[3]) headers['Accept-Encoding'] = 'gzip'

const get = (url) => new Promise((resolve, reject) =>
	http.get(url, { agent, auth: process.argv[2], headers }, (answer) => {
		const parts = []
		answer.on('data', (part) => parts.push(part))
		answer.on('error', reject)
		answer.on('end', () => answer.statusCode === 200 ? resolve(
			[Buffer.concat(parts), answer.headers['content-encoding']]) :
			reject(new Error(`HTTP ${answer.statusCode}`)))
	}).on('error', reject))

for await (const url of readline.createInterface({ input: process.stdin })) {
	const [bytes, encoding] = await get(url)
	const text = encoding === 'gzip' ? await promisify(gunzip)(bytes) : bytes
	let lines = ''
	for (const row of JSON.parse(text.toString()).items) {
		delete row.links
		lines += JSON.stringify(row) + '\n'
	}
	if (!process.stdout.write(lines))
		await new Promise((resolve) => process.stdout.once('drain', resolve))
}
agent.destroy()
