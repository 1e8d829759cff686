import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { Command, Option } from 'commander'
import { describe, UsageError } from './exit.ts'
import { interruptible } from './interrupt.ts'
import { number, unlessGiven, whole } from './options.ts'
import { shortPath } from './user-error.ts'

interface ServeOptions {
  readonly model: string
  readonly port: number
  readonly host: string
  readonly batch: number
  readonly delay: number
  readonly threads: number
  readonly classes?: readonly string[]
  readonly scale: 'unit' | 'signed' | 'bytes'
}

/** That is as many as TensorFlow.js has room for. */
const MOST_THREADS = 8

/** `tensair serve`: predictions of a saved network over HTTP. */
export function serve(): Command {
  const threads = Math.min(availableParallelism(), MOST_THREADS)
  return new Command('serve')
    .summary('answers predictions of a saved network over HTTP')
    .description(
      'answers predictions of a saved network over HTTP: POST /predict takes {"inputs": [[…], …]} as JSON, or float32 as ' +
        'application/octet-stream, or one image as image/jpeg or image/png; GET /model, /health and /metrics (Prometheus). Ctrl-C answers what has come, and ends.'
    )
    .option(
      '--model <path>',
      'the network: a model.json of TensorFlow.js or a folder with one, a .keras or an .h5 file',
      '.tensair/images'
    )
    .option('--port <number>', 'where to listen; 0 is any that is free', whole(0, 65_535), 8080)
    .option(
      '--host <address>',
      'who may ask: the default is this machine only, 0.0.0.0 is everybody',
      '127.0.0.1'
    )
    .option('--batch <count>', 'inputs that go through the network together', whole(1, 1024), 64)
    .option('--delay <ms>', 'milliseconds that an input waits for others', number(60_000, true), 2)
    .option('--threads <count>', 'threads that compute', whole(1, MOST_THREADS), threads)
    .addOption(
      unlessGiven('--classes <names>', "names of the outputs' values, as cat,dog,…", 'none').argParser(text =>
        text.split(',').map(name => name.trim())
      )
    )
    .addOption(
      new Option('--scale <name>', 'what the network sees of pixels: 0 to 1, -1 to 1, or 0 to 255')
        .choices(['unit', 'signed', 'bytes'])
        .default('unit')
    )
    .action(async (options: ServeOptions) => {
      await interruptible(
        signal => serveUntil(signal, options),
        () => console.error('ending; what has come is answered')
      )
    })
}

async function serveUntil(signal: AbortSignal, options: ServeOptions): Promise<void> {
  const { model, port, host, batch, delay, classes, scale } = options
  const { findNetwork, readNetwork } = await import('./saved-network.ts')
  const file = await findNetwork(model)
  if (file === undefined) {
    throw new UsageError(
      `serve: --model ${model}: neither a model.json nor a folder with one, nor a .keras or .h5 file`
    )
  }
  const { openTensorflow } = await import('../../kernels/tensorflow.ts')
  await openTensorflow({ threads: options.threads })
  const { servedNetwork } = await import('../serving/network.ts')
  const { imageInputs } = await import('../serving/server-images.ts')
  const { servePredictions } = await import('../serving/server.ts')
  const { openServeMetrics } = await import('./serve-metrics.ts')
  const read = await readNetwork(file)
  const network = await servedNetwork(read).catch(error => {
    throw new UsageError(`serve: ${shortPath(file.path)}: ${describe(error)}`, { cause: error })
  })
  const { input, output } = network
  const decodeImage = imageInputs(input, scale)
  const metrics = openServeMetrics(() => serving.waiting)
  const serving = await servePredictions(network, {
    port,
    host,
    input,
    output,
    batch,
    delay,
    ...(classes !== undefined && { classes }),
    ...(decodeImage !== undefined && { decodeImage }),
    pages: { '/metrics': metrics.page },
    onAnswer: metrics.onAnswer,
    onBatch: metrics.onBatch
  }).catch(error => {
    throw new UsageError(describe(error).replace(/^servePredictions/, 'serve'), { cause: error })
  })
  console.log(
    `serving ${shortPath(file.path)}, [${input.join(', ')}] → [${output.join(', ')}], at ${serving.url}/predict`
  )
  if (!signal.aborted) await once(signal, 'abort')
  await serving.close()
  network.close()
}
