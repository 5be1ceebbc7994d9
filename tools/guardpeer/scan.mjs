// How fast other word filters are on the words and texts that hearth's own benchmark
// uses, in bytes of text per second of processor time.
//
//	go test ./internal/guard -run XXX -bench Scan -args -dump DIR
//	npm install mint-filter@4.0.3 ahocorasick@1.0.2
//	node scan.mjs DIR
import fs from 'node:fs'
import { createRequire } from 'node:module'

const require = createRequire(process.cwd() + '/')
const dir = process.argv[2]
const words = fs.readFileSync(dir + '/words.txt', 'utf8').trim().split('\n')
const texts = fs.readFileSync(dir + '/texts.jsonl', 'utf8').trim().split('\n').map((l) => JSON.parse(l).text)
const bytes = texts.reduce((n, t) => n + Buffer.byteLength(t), 0)

function measure(name, find) {
  for (const t of texts) find(t) // compiled by now
  const from = process.cpuUsage()
  let rounds = 0
  let took
  do {
    for (const t of texts) find(t)
    rounds++
    const used = process.cpuUsage(from)
    took = (used.user + used.system) / 1e6
  } while (took < 2)
  console.log(name, (bytes * rounds / took / 1e6).toFixed(2), 'MB/cpu-s')
}

const Mint = require('mint-filter')
const mint = new (Mint.default ?? Mint)(words)
measure('mint-filter', (t) => mint.filter(t, { replace: false }))

const AhoCorasick = require('ahocorasick')
const ac = new AhoCorasick(words)
measure('ahocorasick', (t) => ac.search(t))
