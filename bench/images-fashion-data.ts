import { pipe } from '../src/dataflow/pipe.ts'
import { examplesOf } from '../src/models/image-examples.ts'
import { type ExampleChunk, exampleChunk } from '../src/models/layers-batch.ts'
import { openImages } from '../src/sources/file-images.ts'

/** The images of a folder with the .idx files of MNIST or Fashion-MNIST, in memory. */
export async function idxExamples(folder: string): Promise<{ train: ExampleChunk; test: ExampleChunk }> {
  const columns = async (part: 'train' | 'test') => {
    const inputs: ArrayLike<number>[] = []
    const labels: number[] = []
    for await (const { input, label } of pipe((await openImages(folder, { part })).images(), examplesOf())) {
      inputs.push(input)
      labels.push(Number(label))
    }
    const width = inputs[0].length
    const all = new Float32Array(inputs.length * width)
    for (const [i, input] of inputs.entries()) all.set(input, i * width)
    return exampleChunk(all, labels, labels.length)
  }
  return { train: await columns('train'), test: await columns('test') }
}
