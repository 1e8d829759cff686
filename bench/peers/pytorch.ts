import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runChild } from './run-child.ts'

const SCRIPT = fileURLToPath(new URL('pytorch.py', import.meta.url))

export interface PyTorchAnswer {
  readonly version: string
  readonly imagesPerSecond: number
  /** Mean losses of the first pass over the images and of the last. */
  readonly firstLoss: number
  readonly lastLoss: number
}

/** Whether this Python has PyTorch. */
export function hasPyTorch(python: string): boolean {
  return spawnSync(python, ['-I', '-c', 'import torch, numpy']).status === 0
}

/**
 * Has PyTorch train the tutorial's network on images [length, 32, 32, 3] in batches, on the processor. Python's start, its
 * imports and the reading of files are not counted.
 * @throws Error where the loss does not fall.
 */
export async function runPyTorch(
  python: string,
  { inputs, labels }: { inputs: Float32Array; labels: ArrayLike<number> },
  { batch, threads }: { batch: number; threads: number }
): Promise<PyTorchAnswer> {
  const folder = mkdtempSync(join(tmpdir(), 'tensair-pytorch-'))
  try {
    const [images, classes] = [join(folder, 'images'), join(folder, 'labels')]
    writeFileSync(images, inputs)
    writeFileSync(classes, Uint8Array.from(labels))
    const numbers = [labels.length, batch, threads].map(String)
    const answer = JSON.parse(
      await runChild(python, ['-I', SCRIPT, images, classes, ...numbers])
    ) as PyTorchAnswer
    if (!(answer.lastLoss < answer.firstLoss)) {
      throw new Error(`pytorch: the loss does not fall: from ${answer.firstLoss} to ${answer.lastLoss}`)
    }
    return answer
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
