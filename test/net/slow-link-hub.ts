// A process that trains at full speed with others in the swarm `test`. Prints its address, then a HubReport twice a second,
// until its standard input ends; then the hash of its shared values. Wants --expose-gc, so that its memory is what it holds.

import { generateKeyPair } from '@libp2p/crypto/keys'
import { openWasm } from '../../kernels/wasm/device.ts'
import { word2vec } from '../../src/models/word2vec.ts'
import { openNode } from '../../src/net/node.ts'
import { joinSwarm } from '../../src/net/swarm.ts'
import type { LinkStatus } from '../../src/types.ts'
import { smallLanguage } from '../models/small-language.ts'
import { JOB, SLOW_MODEL } from './slow-link.ts'

/** What the hub tells. */
export interface HubReport {
  readonly rssMiB: number
  readonly words: number
  readonly packs: number
  readonly links: readonly LinkStatus[]
  readonly warnings: readonly string[]
}

/** It packs again after so many times what packing took: far more often than a peer does by itself, so that its log is soon full. */
const PACK_WAIT = 16

const identity = await generateKeyPair('Ed25519')
const node = await openNode({ swarm: 'test', identity, listen: ['/ip4/127.0.0.1/tcp/0'], mdns: false })
const device = await openWasm({ threads: 1 })
const model = await word2vec(device, SLOW_MODEL)
const warnings: string[] = []
const swarm = await joinSwarm({
  swarm: 'test',
  node,
  replica: model.shared,
  job: JOB,
  warn: message => warnings.push(message)
})
void swarm.lost.then(error => warnings.push(`lost: ${error.message}`))
console.log(node.addresses()[0])

let over = false
process.stdin.on('end', () => {
  over = true
})
process.stdin.resume()
const timer = setInterval(() => {
  const { packs, links } = swarm.status()
  globalThis.gc?.()
  const rssMiB = process.memoryUsage().rss / 2 ** 20
  console.log(JSON.stringify({ rssMiB, words: model.counts.words, packs, links, warnings }))
}, 500)

// A hundred languages without rare words: as many words at the end as at the beginning.
const lines = smallLanguage(10_000).map((line, i) =>
  line.map(word => (word.startsWith('rare') ? 'the' : `${word}.${i % 100}`))
)
let packNotBefore = 0
for (let turn = 0; !over; turn++) {
  const from = (turn * 500) % lines.length
  await model.train(lines.slice(from, from + 500))
  swarm.report({ words: model.counts.words, position: 0 })
  if (performance.now() < packNotBefore) continue
  const { spent } = model.shared
  await swarm.exchange(true)
  packNotBefore = performance.now() + PACK_WAIT * (model.shared.spent - spent)
}
clearInterval(timer)
console.log(JSON.stringify({ hash: await model.shared.sharedHash() }))
await swarm.leave()
await node.close()
await model.close()
await device.close()
