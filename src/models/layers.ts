import type { LayersModel } from '@tensorflow/tfjs-layers'
import { rowsOf } from '../../kernels/dense.ts'
import type { Tensorflow } from '../../kernels/tensorflow.ts'
import { CheckpointError } from './checkpoint.ts'
import { statisticsOf } from './layers-leaves.ts'
import { LocalLayers } from './layers-local.ts'
import { networkFrom } from './layers-network.ts'
import type {
  BadExamples,
  LayersOptions,
  LayersReplica,
  LayersResume,
  LayersTraining
} from './layers-replica.ts'
import { SharedLayers } from './layers-shared.ts'
import { type LayersState, readState } from './layers-state.ts'
import { DenseTable } from './layers-table.ts'
import { LayersTrainer } from './layers-trainer.ts'
import { keepTrainingRules } from './saved-training.ts'

export type { LayersOptions, LayersProgress, LayersReplica, LayersResume } from './layers-replica.ts'

// Values of the shared weights are exact to 2^-20, within ±1843; statistics, of whatever the images are made of, to 2^-10, within ±1.9 million.
const WEIGHT_UNIT = 2 ** -20
const STATISTIC_UNIT = 2 ** -10

/**
 * Makes a replica of a network, on the TensorFlow.js that is open.
 * @throws RangeError that says which option is wrong, or that the network has no weights to train; CheckpointError where there is
 * nothing sound to resume.
 */
export async function layersModel(
  tensorflow: Tensorflow,
  options: LayersOptions | LayersResume
): Promise<LayersReplica> {
  return 'resume' in options
    ? await resumedLayers(tensorflow, await readState(options.resume), options)
    : await openLayers(tensorflow, options)
}

/** Makes a replica that is where it is called. @throws as `layersModel`. */
export async function openLayers(tensorflow: Tensorflow, options: LayersOptions): Promise<LocalLayers> {
  keepTrainingRules(options.model)
  const { trainer, tables } = parts(tensorflow, options.model, options)
  for (const table of tables) await table.begin()
  return new LocalLayers(trainer, new SharedLayers(tables, trainer), options, undefined)
}

/** Makes a replica that goes on where another stood. @throws CheckpointError where the state is none. */
export async function resumedLayers(
  tensorflow: Tensorflow,
  state: LayersState,
  options: BadExamples
): Promise<LocalLayers> {
  try {
    const { trainer, tables } = parts(tensorflow, networkFrom(state.network), state.training)
    await trainer.restore(state)
    for (const [i, table] of tables.entries()) await table.restore(state.tables[i])
    return new LocalLayers(trainer, new SharedLayers(tables, trainer, state), options, state.position)
  } catch (cause) {
    throw new CheckpointError(`layers: the checkpoint cannot be resumed: ${(cause as Error).message}`, {
      cause
    })
  }
}

function parts(tensorflow: Tensorflow, model: LayersModel, training: LayersTraining) {
  const weights = model.trainableWeights
  if (weights.length === 0)
    throw new RangeError('layers: the network has no weights to train; all its layers are frozen')
  const statistics = statisticsOf(model)
  const rows = (of: typeof weights) => of.reduce((sum, weight) => sum + rowsOf(weight.read().size), 0)
  const capacity = Math.max(rows(weights), rows(statistics))
  const trainer = new LayersTrainer(model, training)
  const tables = [new DenseTable(tensorflow, weights, { name: 'weights', unit: WEIGHT_UNIT, capacity })]
  if (statistics.length > 0) {
    tables.push(
      new DenseTable(tensorflow, statistics, { name: 'statistics', unit: STATISTIC_UNIT, capacity })
    )
  }
  return { trainer, tables }
}
