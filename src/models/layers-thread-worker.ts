// The thread of a network: opens TensorFlow.js and trains there.

import { platform } from '../../kernels/platform.ts'
import { openTensorflow } from '../../kernels/tensorflow.ts'
import { openLayers, resumedLayers } from './layers.ts'
import type { LocalLayers } from './layers-local.ts'
import { networkFrom } from './layers-network.ts'
import { serve } from './layers-thread-calls.ts'
import { chunkOf } from './layers-thread-chunk.ts'
import type { BadExample, NetworkService, NetworkSource, SharedState } from './layers-thread-service.ts'
import { loadLayersModel } from './saved-model.ts'

let opened: LocalLayers | undefined

function replica(): LocalLayers {
  if (opened === undefined) throw new Error('internal: the network is not open')
  return opened
}

const service: NetworkService = {
  async open({ source, threads, wasmPaths, skips }) {
    const tensorflow = await openTensorflow({
      ...(threads !== undefined && { threads }),
      ...(wasmPaths !== undefined && { wasmPaths })
    })
    const onBadExample = skips
      ? ({ message }: RangeError, example: number) => say({ message, example } satisfies BadExample)
      : undefined
    opened =
      source.kind === 'state'
        ? await resumedLayers(tensorflow, source.state, { onBadExample })
        : await openLayers(tensorflow, { ...source.training, model: await networkOf(source), onBadExample })
    const { tables, names, fingerprint, packEvery } = opened.shared
    return { tables, rows: names.size, fingerprint, packEvery, input: opened.input }
  },
  train: async columns => replica().train(chunkOf(columns)),
  drain: async () => replica().drain(),
  progress: async () => replica().progress(),
  async predict(inputs, count) {
    const width = inputs.length / count
    const rows = Array.from({ length: count }, (_, i) => inputs.subarray(i * width, (i + 1) * width))
    const given = await replica().predict(rows)
    const columns = new Float32Array(count * given[0].length)
    for (const [i, one] of given.entries()) columns.set(one, i * one.length)
    return columns
  },
  rate: async value => replica().rate(value),
  boost: async factor => replica().boost(factor),
  resetHead: async () => replica().resetHead(),
  state: async () => replica().state(),
  pack: async replicas => replica().shared.pack(replicas),
  apply: async delta => replica().shared.apply(delta),
  rowHashes: async () => replica().shared.rowHashes(),
  readShared: async rows => replica().shared.readShared(rows),
  adopt: async (state, fresh) => replica().shared.adopt(state, fresh),
  sharedHash: async () => replica().shared.sharedHash(),
  settle: async () => replica().shared.settle(),
  close: async () => replica().close()
}

async function networkOf(source: Exclude<NetworkSource, { kind: 'state' }>) {
  if (source.kind === 'network') return networkFrom(source.network)
  const { place, name, files } = source
  const read = async (file: string) => {
    const bytes = files.get(file)
    if (bytes === undefined) throw new Error(`there is no file ${file}`)
    return bytes
  }
  if (place === undefined) return loadLayersModel(read, name)
  return loadLayersModel(
    {
      place,
      size: async file => files.get(file)?.length,
      read: async (file, offset, length) => (await read(file)).slice(offset, offset + length)
    },
    name
  )
}

const say = serve(await platform.workerPort(), service, (): SharedState => {
  const { spent = 0, hasMore = false, repaired = 0 } = opened?.shared ?? {}
  return { spent, hasMore, repaired }
})
