import { deepStrictEqual, ok } from 'node:assert'
import { test } from 'node:test'
import { interpolated } from '../../src/drift/interpolation.ts'

test('polynomials in 1/W of a degree below the number of points are exact', () => {
  const of = (W: number): [number, number, number] => [1, 1 / W, 3 - 2 / W + 50 / W ** 3]
  const between = interpolated(of, 20, 90, 4)
  for (let W = 20; W <= 90; W++) {
    for (const [i, value] of between(W).entries()) ok(Math.abs(value - (of(W)[i] ?? 0)) < 1e-12, `${W}`)
  }
})

test('each point more makes smooth functions more exact', () => {
  const of = (W: number): [number, number, number] => [
    Math.exp(30 / W),
    Math.sqrt(1 + 30 / W),
    Math.sin(60 / W)
  ]
  const worst = (count: number) => {
    const between = interpolated(of, 30, 60, count)
    const errors = Array.from({ length: 31 }, (_, i) =>
      between(30 + i).map((value, j) => Math.abs(value - (of(30 + i)[j] ?? 0)))
    )
    return Math.max(...errors.flat())
  }
  ok(worst(4) < 1e-2 && worst(6) < worst(4) / 10 && worst(8) < worst(6) / 10)
  ok(worst(14) < 1e-12)
})

test('the functions are called once for each point, the ends among them, where their values are kept', () => {
  const seen: number[] = []
  const between = interpolated(
    W => {
      seen.push(W)
      return [W, 0, 0]
    },
    10,
    40,
    5
  )
  deepStrictEqual(seen.length, 5)
  deepStrictEqual([Math.round(between(10)[0]), Math.round(between(40)[0])], [10, 40])
  deepStrictEqual(seen.length, 5)
})
