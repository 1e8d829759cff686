import { openTensorflow, openTensorflowWebGpu } from '../../kernels/tensorflow.ts'
import { layersModel } from '../models/layers.ts'
import type { LayersReplica, LayersTraining } from '../models/layers-replica.ts'
import { layersInThread } from '../models/layers-thread.ts'
import { type NetworkChoice, openNetwork, saveNetwork } from '../models/networks-open.ts'
import type { Store, Swarm } from '../types.ts'
import { heldOf, noteHeld } from './held.ts'
import { type ImagesData, openData } from './images-data.ts'
import type { HeldOut } from './images-held-out.ts'
import type { ImagesOptions } from './images-options.ts'
import { optimizerOf } from './images-rate.ts'
import { swapped } from './images-swap.ts'
import type { JobModel, ModelContext } from './job.ts'

/** The network and the images that it learns from. */
export interface ImagesModel extends JobModel {
  readonly shared: LayersReplica['shared']
  readonly replica: LayersReplica
  readonly data: ImagesData
  readonly network: { readonly name: string; readonly weights: number; readonly trained: number }
  /** Where everything is written. */
  readonly store: Store
  /** Where the run begins, and how many images were learned before. */
  readonly begun: Place & { readonly learned: number }
  /** The epoch that is being learned. */
  epoch: number
  /** How the network as it is now does on the images held out; undefined where that is not known. */
  tested: HeldOut | undefined
  /** Saves the network, and where it stands, so that another run can go on. */
  save(swarm: Swarm | undefined): Promise<void>
}

/** A place in the passes over the images. */
export interface Place {
  /** From 1. */
  readonly epoch: number
  /** Images of the epoch that come before. */
  readonly images: number
}

/** The names of the classes, in the order of the network's values. */
const CLASSES = 'classes.json'
/** The epoch in which the network was saved; the place in that is the checkpoint's. */
const EPOCH = 'epoch.json'
/** TensorFlow.js takes no more. */
const MOST_THREADS = 8

/**
 * Opens the images and the network, which trains on a GPU where there is one, else in a thread of its own.
 *
 * @throws SourceError, SavedModelError, RangeError: one line that says what does not fit.
 */
export async function openImagesModel(context: ModelContext<ImagesOptions>): Promise<ImagesModel> {
  const { options, warn } = context
  const data = swapped(await openData(options, warn), options)
  const { fileStore } = await import('../sinks/file-store.ts')
  const store = fileStore(options.output)
  const gpu = await openGpu(context)
  if (gpu === undefined) await openTensorflow({ threads: 1 })
  const choice = await networkChoice(options, data)
  const model = await openNetwork(choice, data.shape, data.classes.length)
  if ('saved' in choice && choice.newHead === undefined)
    await compareClasses(choice.saved, data.classes, warn)
  const network = {
    name: model.name,
    weights: model.countParams(),
    trained: model.trainableWeights.reduce((all, { shape }) => all + product(shape), 0)
  }
  const training: LayersTraining = {
    loss: 'sparseCategoricalCrossentropy',
    optimizer: optimizerOf(options),
    batch: options.batch
  }
  const made = options.resume ? { resume: store } : { ...training, model }
  const threads = Math.min(context.threads, MOST_THREADS)
  const replica = await (gpu === undefined ? layersInThread({ ...made, threads }) : layersModel(gpu, made))
  // Only a GPU's replica trains the network itself, and that not where it goes on with a saved one.
  if (gpu === undefined || options.resume) model.dispose()
  const begun = options.resume ? await placeOf(replica, store) : { epoch: 1, images: 0, learned: 0 }
  const opened: ImagesModel = {
    shared: replica.shared,
    replica,
    data,
    network,
    store,
    begun,
    epoch: begun.epoch,
    tested: undefined,
    held:
      options.resume && context.shared ? await heldOf(store, await replica.shared.sharedHash()) : undefined,
    async save(swarm) {
      await (swarm === undefined
        ? saveNetwork(replica, store)
        : swarm.alone(() => saveShared(replica, store, swarm)))
      await store.write(CLASSES, [new TextEncoder().encode(`${jsonOf(data.classes)}\n`)])
      await store.write(EPOCH, [new TextEncoder().encode(`${opened.epoch}\n`)])
    },
    close: () => replica.close()
  }
  return opened
}

async function saveShared(replica: LayersReplica, store: Store, swarm: Swarm): Promise<void> {
  await saveNetwork(replica, store)
  await noteHeld(store, await replica.shared.sharedHash(), swarm.held)
}

/** Where a run that has saved stood. */
async function placeOf(replica: LayersReplica, store: Store): Promise<ImagesModel['begun']> {
  const size = (await store.size(EPOCH)) ?? 0
  const epoch = Number(new TextDecoder().decode(await store.read(EPOCH, 0, size)))
  if (!(Number.isInteger(epoch) && epoch >= 1))
    throw new RangeError(
      `images: ${store.place}/${EPOCH}: wanted the number of an epoch; got another; start anew`
    )
  const { words: learned, position } = await replica.progress()
  const { bytes = 0, share = 0 } = position ?? {}
  return share < 1 ? { epoch, images: bytes, learned } : { epoch: epoch + 1, images: 0, learned }
}

/** TensorFlow.js on the GPU, where that is asked for, or there is one. */
async function openGpu({ deviceChoice }: ModelContext<ImagesOptions>) {
  if (deviceChoice === 'wasm') return undefined
  try {
    return await openTensorflowWebGpu({ software: deviceChoice === 'webgpu' })
  } catch (error) {
    const none = error instanceof Error && error.name === 'NoAdapterError'
    if (none && deviceChoice === 'auto') return undefined
    throw error
  }
}

async function networkChoice(
  { network, model, mode, freeze, newHead, seed, resume, output }: ImagesOptions,
  { shape }: ImagesData
): Promise<NetworkChoice<Store>> {
  const { fileStore } = await import('../sinks/file-store.ts')
  if (resume) return { saved: fileStore(output), file: 'model.json', frozen: [] }
  if (model === undefined) return { name: network ?? (shape.channels === 1 ? 'small' : 'tutorial'), seed }
  const [, folder = '.', file = ''] = /^(?:(.*?)[\\/]+)?([^\\/]*)$/.exec(model) ?? []
  const isFile = /\.(keras|h5|hdf5|json)$/i.test(file)
  return {
    saved: fileStore(isFile ? folder || '/' : model),
    file: isFile ? file : 'model.json',
    // A replica has something to train, even if it is only asked.
    frozen: mode === 'never' ? ['0'] : freeze,
    newHead: newHead ? seed : undefined
  }
}

/** A network keeps the order of the classes that it has learned; other images may have others. */
async function compareClasses(
  saved: Store,
  classes: readonly string[],
  warn: (message: string) => void
): Promise<void> {
  const size = await saved.size(CLASSES)
  if (size === undefined) return
  const known = new TextDecoder().decode(await saved.read(CLASSES, 0, size)).trim()
  if (known === jsonOf(classes)) return
  warn(
    `images: the network in ${saved.place} has learned other classes than these images have, or in another order: see its ${CLASSES}`
  )
}

function jsonOf(classes: readonly string[]): string {
  return JSON.stringify(classes, null, 2)
}

function product(shape: readonly (number | null)[]): number {
  return shape.reduce<number>((all, size) => all * (size ?? 1), 1)
}
