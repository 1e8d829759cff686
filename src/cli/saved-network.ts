import { open, readFile, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { SavedModelError } from '../models/saved-source.ts'
import type { Network } from '../serving/network.ts'
import { fileStore } from '../sinks/file-store.ts'
import { UsageError } from './exit.ts'

/** The first file of a saved network; which kind it is the file itself tells. */
export interface NetworkFile {
  readonly path: string
  /** Graph models can only predict. */
  readonly kind: 'layers' | 'graph'
}

/** The network that is saved in a file, or as `model.json` in a folder; undefined where there is none that could be one. */
export async function findNetwork(path: string): Promise<NetworkFile | undefined> {
  for (const file of [path, join(path, 'model.json')]) {
    const found = await stat(file).catch(() => undefined)
    if (found?.isFile()) return networkIn(file)
  }
  return undefined
}

async function networkIn(path: string): Promise<NetworkFile | undefined> {
  const first = await firstBytes(path, 64)
  if (/^(PK|\x89HDF)/.test(first)) return { path, kind: 'layers' }
  if (!/^\s*\{/.test(first)) return undefined
  return { path, kind: (await isGraph(path)) ? 'graph' : 'layers' }
}

/**
 * Reads a saved network; TensorFlow.js must be open.
 * @throws UsageError of one line where it cannot be read.
 */
export async function readNetwork({ path, kind }: NetworkFile): Promise<Network> {
  const [store, name] = [fileStore(dirname(path)), basename(path)]
  try {
    if (kind === 'graph') return await (await import('../models/saved-graph.ts')).loadGraphModel(store, name)
    return await (await import('../models/saved-model.ts')).loadLayersModel(store, name)
  } catch (error) {
    if (error instanceof SavedModelError) throw new UsageError(error.message, { cause: error })
    throw error
  }
}

async function firstBytes(path: string, count: number): Promise<string> {
  const file = await open(path)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(count), 0, count, 0)
    return buffer.toString('latin1', 0, bytesRead)
  } finally {
    await file.close()
  }
}

async function isGraph(path: string): Promise<boolean> {
  try {
    const json: unknown = JSON.parse(await readFile(path, 'utf8'))
    return typeof json === 'object' && json !== null && 'format' in json && json.format === 'graph-model'
  } catch {
    // Whoever reads it says what is wrong with it.
    return false
  }
}
