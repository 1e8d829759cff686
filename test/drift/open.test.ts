import { deepStrictEqual, ok, throws } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import { detectorNames, newDetector, openDetector } from '../../src/drift/open.ts'
import type { Detector, DetectorState } from '../../src/types.ts'
import { congruentialErrors } from './alarms.ts'

// Small windows, so that short streams fill them and drifts come.
const small: Record<string, DetectorState['options']> = {
  optwin: { maxWindow: 60, confidence: 0.9 },
  adwin: { clock: 4, delta: 0.3 },
  stepd: { window: 10, drift: 0.1 },
  pageHinkley: { threshold: 3 },
  kswin: { window: 20, recent: 8, alpha: 0.2 }
}

function make(name: string): Detector {
  return newDetector(name, small[name])
}

const errors = fc
  .array(
    fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.integer({ min: 1, max: 80 }), fc.integer()),
    { minLength: 1, maxLength: 6, size: 'max' }
  )
  .map(parts =>
    parts.flatMap(([share, length, seed]) =>
      Array.from({ length }, (_, i) =>
        Number(((Math.imul(seed ^ i, 0x9e3779b1) >>> 8) % 1000) / 1000 < share)
      )
    )
  )

function verdicts(detector: Detector, values: readonly number[]): string[] {
  return values.map(value => detector.update(value))
}

for (const name of detectorNames) {
  test(`${name}: a detector opened from a state in JSON goes on as the one that was saved`, () => {
    fc.assert(
      fc.property(errors, fc.double({ min: 0, max: 1, noNaN: true }), (values, share) => {
        const detector = make(name)
        const at = Math.floor(share * values.length)
        verdicts(detector, values.slice(0, at))
        const opened = openDetector(JSON.parse(JSON.stringify(detector.save())))
        deepStrictEqual(opened.save(), detector.save())
        deepStrictEqual(verdicts(opened, values.slice(at)), verdicts(detector, values.slice(at)))
        deepStrictEqual(opened.save(), detector.save())
      })
    )
  })

  test(`${name}: after reset it is as new`, () => {
    fc.assert(
      fc.property(errors, errors, (before, values) => {
        const detector = make(name)
        verdicts(detector, before)
        detector.reset()
        deepStrictEqual(detector.save(), make(name).save())
        deepStrictEqual(verdicts(detector, values), verdicts(make(name), values))
      })
    )
  })

  test(`${name}: what is no number is refused and not counted`, () => {
    const detector = make(name)
    verdicts(detector, [0, 1, 0, 0])
    const before = detector.save()
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      throws(() => detector.update(value), {
        name: 'RangeError',
        message: new RegExp(`^${name}: each value must be .*; got ${value}$`)
      })
    }
    deepStrictEqual(detector.save(), before)
  })

  test(`${name}: its state stays small, and its defaults find a sudden rise`, () => {
    const detector = newDetector(name)
    const values = congruentialErrors(i => (i < 20_000 ? 0.1 : 0.9), 20_200)
    const found = verdicts(detector, values)
    ok(found.indexOf('drift', 20_000) > 0)
    const most = name === 'optwin' ? 25_007 : 200
    const steady = newDetector(name)
    verdicts(steady, values.slice(0, 20_000))
    ok(steady.save().values.length <= most)
  })

  test(`${name}: states that cannot have been saved are refused`, () => {
    const detector = make(name)
    verdicts(detector, [0, 1, 0, 0])
    const { values, ...state } = detector.save()
    throws(() => openDetector({ ...state, values: [] }), RangeError)
    throws(() => openDetector({ ...state, values: values.with(-1, Number.NaN) }), RangeError)
  })
}

test('a detector that nobody knows is refused with the names of those that are known', () => {
  throws(
    () => newDetector('hddm'),
    /^RangeError: drift: the detector must be one of optwin, adwin, ddm, eddm, ecdd, stepd, pageHinkley, kswin; got hddm$/
  )
  throws(() => openDetector({ detector: 'toString', options: {}, values: [] }), /got toString/)
})

test('an option that a detector does not have is refused with the names of those it has', () => {
  throws(
    () => newDetector('adwin', { rho: 0.1 }),
    /^RangeError: adwin: options are delta, clock, minPart; got rho$/
  )
})
