import { demoText } from './demo-text.ts'
import { EXIT } from './exit.ts'
import { lockOutput } from './output-lock.ts'
import { stateFolder } from './swarm-options.ts'
import { trainModel } from './train-model.ts'

// Four million words are few; the neighbours of a single pass are noticeably worse.
const PASSES = 3

/** One of the demo's peers. */
export interface DemoPeerOptions {
  readonly swarm: string
  readonly bootstrap?: string
  readonly output: string
  readonly device: 'auto' | 'webgpu' | 'wasm'
  readonly threads: number
  /** Ends after as many words; default: at the text's end. */
  readonly words?: number
}

/** Runs one of the demo's two peers; its events go to standard output, as NDJSON, for the process that started it. */
export async function runDemoPeer(options: DemoPeerOptions): Promise<void> {
  const { swarm, bootstrap, output, device, threads, words } = options
  const stop = stopSignal()
  const text = await demoText(PASSES)
  await lockOutput('demo', '--output', output)
  await trainModel({
    name: 'demo',
    text: { name: 'the demo text', resumable: false, source: 'demo', open: () => text },
    model: { dim: 100, window: 5, negatives: 5, minCount: 10, subsample: 3e-4 },
    output,
    device,
    threads,
    ...(words !== undefined && { words }),
    resume: false,
    overwrite: true,
    checkpointEvery: 60,
    json: true,
    stop,
    swarm: {
      name: swarm,
      bootstrap: bootstrap === undefined ? [] : [bootstrap],
      listen: ['/ip4/127.0.0.1/tcp/0'],
      announce: [],
      mdns: true,
      shard: 'auto',
      metrics: { host: '127.0.0.1', port: 0 },
      state: stateFolder(output)
    }
  })
}

/** Whoever started this process asks it to stop by writing to its standard input; when that closes, nobody waits any more. */
function stopSignal(): AbortSignal {
  const stop = new AbortController()
  process.stdin.once('data', () => stop.abort())
  process.stdin.once('close', () => process.exit(EXIT.failed))
  process.stdin.unref()
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort())
  // A terminal's Ctrl-C comes to all processes of the demo; the one that was started first decides.
  process.on('SIGINT', () => {})
  return stop.signal
}
