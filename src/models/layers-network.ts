import { type DataType, type Tensor, tensor, type Variable } from '@tensorflow/tfjs-core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import type { Json } from './saved-json.ts'
import { buildNetwork } from './saved-network.ts'
import { keepTrainingRules } from './saved-training.ts'
import { refuseSameNames } from './saved-write.ts'

/** A network as plain values: what another thread or a checkpoint needs to make the same. */
export interface NetworkState {
  /** What TensorFlow.js saves of the layers. */
  readonly topology: Json
  /** Whether each layer trains: the network itself first, each inner network before its layers. */
  readonly trainable: readonly boolean[]
  readonly weights: readonly WeightState[]
}

export interface WeightState {
  readonly name: string
  /** Whether it trains, if its layer does. */
  readonly trainable: boolean
  readonly shape: readonly number[]
  readonly dtype: DataType
  readonly values: Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer>
}

/**
 * Copies a network.
 * @throws Error where two weights have the same name.
 */
export async function networkState(model: LayersModel): Promise<NetworkState> {
  refuseSameNames(model)
  return {
    topology: JSON.parse(model.toJSON() as string),
    trainable: parts(model).map(({ trainable }) => trainable),
    weights: await Promise.all(
      model.weights.map(async weight => ({
        name: weight.originalName,
        trainable: weight.trainable,
        shape: weight.shape as number[],
        dtype: weight.dtype,
        values: (await weight.read().data()).slice() as WeightState['values']
      }))
    )
  }
}

/** Makes the network, bit for bit, on the TensorFlow.js that is open. */
export function networkFrom({ topology, trainable, weights }: NetworkState): LayersModel {
  const model = buildNetwork(topology)
  for (const [i, part] of parts(model).entries()) part.trainable = trainable[i]
  const states = new Map(weights.map(state => [state.name, state]))
  for (const weight of model.weights) {
    const state = states.get(weight.originalName)
    if (state === undefined) throw new Error(`internal: no values of weight ${weight.originalName}`)
    weight.trainable = state.trainable
    const values: Tensor = tensor(state.values, [...state.shape], state.dtype)
    // Not the layer variable's `write`, which would apply the constraint.
    const variable = weight.read() as Variable
    variable.assign(values)
    values.dispose()
  }
  keepTrainingRules(model)
  return model
}

interface Part {
  trainable: boolean
}

function parts(model: LayersModel): Part[] {
  return [
    model,
    ...model.layers.flatMap(layer => ('layers' in layer ? parts(layer as unknown as LayersModel) : [layer]))
  ]
}
