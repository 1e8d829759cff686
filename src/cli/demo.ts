import { randomBytes } from 'node:crypto'
import { Command, Option } from 'commander'
import type { EndEvent } from '../jobs/events.ts'
import type { DemoDisplay, FoundBy } from './demo-display.ts'
import type { PeerProcess } from './demo-process.ts'
import { EXIT } from './exit.ts'
import { DEMO_MODEL, demoOutputs, deviceOption, jsonOption, threadsOption } from './options.ts'

interface DemoOptions {
  readonly output: string
  readonly device: 'auto' | 'webgpu' | 'wasm'
  readonly threads: number
  readonly json: boolean
  /** The swarm in which this process is one of the two peers; absent in the one that starts them. */
  readonly peerOf?: string
  readonly bootstrap?: string
}

const LOOK_MS = 20

/** `tensair demo`: two peers learn from the text that comes with the project, and show what they have learned. */
export function demo(): Command {
  return new Command('demo')
    .summary(
      'two peers learn together from text that comes with the project, and show what they have learned'
    )
    .description(
      'Two processes find each other and learn word vectors together from four million words that come with the project, three times through: the State of ' +
        'the Union addresses from 1790 to 2021 in order, the Brown corpus, and the glosses of WordNet. Needs a clone of the project.'
    )
    .option('--output <folder>', 'where the models are saved; those that are there are replaced', DEMO_MODEL)
    .addOption(deviceOption())
    .addOption(threadsOption())
    .addOption(jsonOption())
    .addOption(new Option('--peer-of <swarm>').hideHelp())
    .addOption(new Option('--bootstrap <address>').hideHelp())
    .action(runDemo)
}

async function runDemo(options: DemoOptions): Promise<void> {
  const { peerOf: swarm, output, json } = options
  if (swarm !== undefined) {
    const { runDemoPeer } = await import('./demo-peer.ts')
    return await runDemoPeer({ ...options, swarm })
  }
  const { demoText } = await import('./demo-text.ts')
  await demoText()
  const { openDisplay } = await import('./demo-display.ts')
  const { interruptible } = await import('./interrupt.ts')
  const display = await openDisplay(json)
  const ends: EndEvent[] = []
  try {
    const foundBy = await interruptible(
      signal => runPeers(options, display, ends, signal),
      () => display.say('both are stopping and saving; Ctrl-C again ends at once')
    )
    display.end(ends, foundBy)
    if (ends.some(end => end.event === 'interrupted')) process.exitCode = EXIT.interrupted
    display.close()
    if (json) return
    const { summary } = await import('./demo-summary.ts')
    console.log(await summary(ends, foundBy, output))
  } finally {
    display.close()
  }
  if (process.exitCode === undefined && new Set(ends.map(end => end.sharedHash)).size > 1) {
    throw new Error('demo: the two peers ended with different models')
  }
}

/** Runs both peers to their ends, which are put into `ends`; where one fails, the other is ended too. */
async function runPeers(
  { output, device, threads }: DemoOptions,
  display: DemoDisplay,
  ends: EndEvent[],
  signal: AbortSignal
): Promise<FoundBy> {
  const { startPeer } = await import('./demo-process.ts')
  const { hearsItself } = await import('./demo-multicast.ts')
  const swarm = `demo-${randomBytes(4).toString('hex')}`
  const share = Math.max(1, Math.floor(threads / 2))
  const running: PeerProcess[] = []
  const stop = () => {
    for (const peer of running) peer.stop()
  }
  const start = (index: 0 | 1, more: readonly string[]): PeerProcess => {
    const place = ['--output', demoOutputs(output)[index], '--peer-of', swarm]
    const means = ['--device', device, '--threads', `${share}`]
    const peer = startPeer(index + 1, [...place, ...means, ...more], event => {
      display.tell(index + 1, event)
      if (event.event !== 'done' && event.event !== 'interrupted') return
      ends[index] = event
      // Somebody has stopped one of them.
      if (event.event === 'interrupted') stop()
    })
    running.push(peer)
    if (signal.aborted) peer.stop()
    return peer
  }
  signal.addEventListener('abort', stop)
  try {
    const first = start(0, [])
    const foundBy = (await hearsItself()) ? 'mDNS' : 'address'
    const address = foundBy === 'mDNS' ? undefined : await addressOf(first, demoOutputs(output)[0])
    const second = start(1, address === undefined ? [] : ['--bootstrap', address])
    await Promise.all([first.ended, second.ended])
    return foundBy
  } finally {
    await Promise.all(running.map(peer => peer.kill()))
  }
}

/** Where a peer can be dialled, once it can be; undefined where it has ended before. */
async function addressOf(peer: PeerProcess, output: string): Promise<string | undefined> {
  const { noteIn, statusOf } = await import('./running-peer.ts')
  const { stateFolder } = await import('./swarm-options.ts')
  let over = false
  const end = () => {
    over = true
  }
  peer.ended.then(end, end)
  while (!over) {
    const note = await noteIn(stateFolder(output))
    // One that was killed here before has left its note behind.
    const status = note !== undefined && note.process === peer.process ? await statusOf(note) : undefined
    if (status !== undefined) return status.members.find(member => member.peer === status.peer)?.addresses[0]
    await new Promise(resolve => setTimeout(resolve, LOOK_MS))
  }
  await peer.ended
  return undefined
}
