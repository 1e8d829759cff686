import { adwin } from './adwin.ts'
import { ddm } from './ddm.ts'
import type { Detector, DetectorState } from './detector.ts'
import { ecdd } from './ecdd.ts'
import { eddm } from './eddm.ts'
import { kswin } from './kswin.ts'
import { optwin } from './optwin.ts'
import { pageHinkley } from './page-hinkley.ts'
import { stepd } from './stepd.ts'

const DETECTORS: Readonly<
  Record<string, (options: DetectorState['options'], saved?: DetectorState) => Detector>
> = {
  optwin,
  adwin,
  ddm,
  eddm,
  ecdd,
  stepd,
  pageHinkley,
  kswin
}

/** Every detector's name. */
export const detectorNames: readonly string[] = Object.keys(DETECTORS)

/**
 * A new detector by its name, with its defaults for what `options` leaves out.
 *
 * @throws RangeError where there is none of that name, for options it does not have, and for options out of range.
 */
export function newDetector(name: string, options: DetectorState['options'] = {}): Detector {
  const detector = factoryOf(name)(options)
  const known = detector.save().options
  const unknown = Object.keys(options).find(option => !Object.hasOwn(known, option))
  if (unknown === undefined) return detector
  throw new RangeError(`${name}: options are ${Object.keys(known).join(', ')}; got ${unknown}`)
}

/**
 * A detector that goes on from a saved state.
 *
 * @throws RangeError where that cannot have been saved.
 */
export function openDetector(state: DetectorState): Detector {
  return factoryOf(state.detector)(state.options, state)
}

function factoryOf(name: string) {
  const factory = Object.hasOwn(DETECTORS, name) ? DETECTORS[name] : undefined
  if (factory !== undefined) return factory
  throw new RangeError(`drift: the detector must be one of ${detectorNames.join(', ')}; got ${name}`)
}
