import { deepStrictEqual, ok } from 'node:assert'
import { before, suite, test } from 'node:test'
import { tensor } from '@tensorflow/tfjs-core'
import { LayerVariable } from '@tensorflow/tfjs-layers'
import { ROW_VALUES } from '../../kernels/dense.ts'
import { openTensorflow, type Tensorflow } from '../../kernels/tensorflow.ts'
import { DenseTable, type PackRules } from '../../src/models/layers-table.ts'

const UNIT = 2 ** -20
const rest = async () => {}
const ALL: PackRules = { limit: 100, topRows: undefined, replicas: 1, gain: 1, steps: 1 }

suite('weights as a table of rows', () => {
  let tensorflow: Tensorflow
  before(async () => {
    tensorflow = await openTensorflow({ threads: 1 })
  })

  /** A weight of two and a half rows, and one of three values: 4 rows. */
  async function opened(): Promise<{ table: DenseTable; weights: LayerVariable[] }> {
    const weights = [2.5 * ROW_VALUES, 3].map(
      (size, i) => new LayerVariable(tensor(new Float32Array(size).fill(i + 1), [size]))
    )
    const table = new DenseTable(tensorflow, weights, { name: 'weights', unit: UNIT, capacity: 6 })
    await table.begin()
    return { table, weights }
  }

  const set = (weight: LayerVariable, change: (values: Float32Array) => void) => {
    const values = weight.read().dataSync<'float32'>().slice()
    change(values)
    weight.write(tensor(values, weight.read().shape))
  }

  test('each weight begins a row; a row that is not full ends in zeros', async () => {
    const { table } = await opened()
    deepStrictEqual(table.rows, 4)
    deepStrictEqual(table.shape.capacity, 6)
    const shared = await table.shared()
    const row = (i: number) => shared.subarray(i * ROW_VALUES, (i + 1) * ROW_VALUES)
    ok(row(1).every(value => value === 2 ** 20))
    deepStrictEqual(row(2).filter(value => value !== 0).length, ROW_VALUES / 2)
    deepStrictEqual([...row(3).subarray(0, 4)], [2 ** 21, 2 ** 21, 2 ** 21, 0])
  })

  test('what a full pack leaves is in the next ones, each row once', async () => {
    const { table, weights } = await opened()
    for (const weight of weights) set(weight, values => values.fill(3))
    const packed: number[] = []
    const more: boolean[] = []
    for (let i = 0; i < 2; i++) {
      const { changes, hasMore } = await table.pack({ ...ALL, limit: 3 }, rest)
      packed.push(...changes.rows)
      more.push(hasMore)
    }
    deepStrictEqual(packed, [0, 1, 2, 3])
    deepStrictEqual(more, [true, false])
  })

  test('a row that is not finite is put back to what is agreed on, and the others are packed', async () => {
    const { table, weights } = await opened()
    set(weights[0], values => {
      values.fill(1.5)
      values[ROW_VALUES + 7] = Number.NaN
    })
    const { changes, sick } = await table.pack({ ...ALL, limit: 10, replicas: 2, gain: 0 }, rest)
    deepStrictEqual([...changes.rows], [0, 2])
    deepStrictEqual(sick, 1)
    const values = weights[0].read().dataSync()
    ok(values.subarray(ROW_VALUES, 2 * ROW_VALUES).every(value => value === 1))
    // The mean of two replicas: half of the change is kept.
    deepStrictEqual(values[0], 1.25)
  })

  test('of top rows, those with the greatest squared change go first, and none is lost', async () => {
    const { table, weights } = await opened()
    const other = await opened()
    set(weights[0], values => {
      values.fill(1.25, 0, ROW_VALUES)
      values[ROW_VALUES] = 9
      values.fill(1.5, 2 * ROW_VALUES)
    })
    set(weights[1], values => values.fill(3.3))
    const order: number[][] = []
    for (let pack = 0; pack < 40; pack++) {
      const { changes, hasMore } = await table.pack({ ...ALL, topRows: 1 }, rest)
      deepStrictEqual(hasMore, false)
      order.push([...changes.rows])
      await other.table.apply(changes, rest)
    }
    // Squared changes: 16, 64, 32 and 0.27. What rounding leaves of them is in turn the greatest again.
    deepStrictEqual(order.slice(0, 3), [[1], [2], [0]])
    ok(order.some(rows => rows.includes(3)))
    deepStrictEqual(order.at(-1), [])
    deepStrictEqual(await other.table.shared(), await table.shared())
    for (const [i, weight] of weights.entries()) {
      const sent = other.weights[i].read().dataSync()
      for (const [at, value] of weight.read().dataSync().entries()) ok(Math.abs(sent[at] - value) <= UNIT)
    }
  })

  test('a row that was not among the top ones holds the steps of all packs that left it out', async () => {
    const wide = { ...ALL, replicas: 2, gain: undefined }
    const { table, weights } = await opened()
    set(weights[0], values => values.fill(9))
    set(weights[1], values => values.fill(4))
    await table.pack({ ...wide, topRows: 3, steps: 1 }, rest)
    await table.pack({ ...wide, topRows: 4, steps: 2 }, rest)
    // By then its change, from 2 to 4, is of two steps: √2 / 2 of it is kept, where one of one step would be kept whole.
    const [kept] = weights[1].read().dataSync()
    ok(Math.abs(kept - (2 + Math.SQRT2)) < 1e-6, `${kept}`)
    const [whole] = weights[0].read().dataSync()
    ok(Math.abs(whole - 9) < 1e-6, `${whole}`)
  })

  test('changes of rows that hold nothing are left out by all alike', async () => {
    const { table, weights } = await opened()
    await table.apply(
      {
        dim: ROW_VALUES,
        rows: Uint32Array.of(3, 5),
        shifts: Uint8Array.of(20, 20),
        values: new Int8Array(2 * ROW_VALUES).fill(1),
        accumulators: new Int32Array(2),
        counts: Uint32Array.of(1, 1)
      },
      rest
    )
    deepStrictEqual([...weights[1].read().dataSync()], [3, 3, 3])
    deepStrictEqual((await table.shared()).length, 4 * ROW_VALUES)
  })
})
