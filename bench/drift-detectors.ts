import { newDetector } from '../src/drift/open.ts'
import type { Detector, DetectorState } from '../src/types.ts'

/** Figures of the authors' 30 runs on one kind of stream, or of their run over electricity. */
export interface Published {
  readonly f1: number
  readonly delay: number
  readonly falseAlarms: number
}

/** A detector as the bench runs it. */
export interface Contender {
  readonly name: string
  readonly make: () => Detector
  /** The form whose figures are published, where it differs from what `make` gives. */
  readonly published: () => Detector
  readonly sudden?: Published
  readonly gradual?: Published
  /** Accuracy, in percent, and drifts found. */
  readonly electricity?: { readonly accuracy: number; readonly alarms: number }
}

type Options = DetectorState['options']
type Figures = Pick<Contender, 'sudden' | 'gradual' | 'electricity'>

function contender(name: string, detector: string, options: Options, published: Options, figures: Figures) {
  return {
    name,
    make: () => newDetector(detector, options),
    published: () => newDetector(detector, { ...options, ...published }),
    ...figures
  }
}

function figures(
  sudden: readonly [number, number, number],
  gradual: readonly [number, number, number],
  electricity: readonly [number, number]
): Figures {
  const named = ([f1, delay, falseAlarms]: readonly [number, number, number]) => ({ f1, delay, falseAlarms })
  return {
    sudden: named(sudden),
    gradual: named(gradual),
    electricity: { accuracy: electricity[0], alarms: electricity[1] }
  }
}

/** Accuracy on electricity without a detector. */
export const PUBLISHED_NONE = 73.36

/**
 * Every detector, with the figures that the authors of OPTWIN stored with their code (F1, mean delay, false alarms a run;
 * accuracy and drifts on electricity with naive Bayes in MOA).
 */
export const contenders: readonly Contender[] = [
  contender(
    'optwin ρ 0.1',
    'optwin',
    { rho: 0.1 },
    { published: true },
    figures([0.909, 75.1, 0.2], [0.87, 328, 0.3], [79.99, 68])
  ),
  contender(
    'optwin ρ 0.5',
    'optwin',
    { rho: 0.5 },
    { published: true },
    figures([0.952, 28.2, 0.1], [0.952, 279, 0.1], [83.3, 158])
  ),
  contender(
    'optwin ρ 1',
    'optwin',
    { rho: 1 },
    { published: true },
    figures([0.75, 18.3, 0.67], [0.968, 317, 0.07], [82.96, 116])
  ),
  contender('adwin', 'adwin', {}, {}, figures([0.517, 46.3, 1.87], [0.55, 280, 1.63], [80.01, 53])),
  contender('ddm', 'ddm', {}, {}, figures([0.909, 64.5, 0.2], [0.845, 365, 0.37], [81.18, 143])),
  contender('eddm', 'eddm', {}, {}, figures([0.233, 26.8, 6.57], [0.24, 148, 6.33], [84.83, 203])),
  contender('ecdd', 'ecdd', {}, {}, figures([0.417, 5.5, 2.67], [0.271, 118, 5.37], [86.76, 426])),
  contender(
    'stepd',
    'stepd',
    {},
    { published: true },
    figures([0.833, 13, 0.4], [0.2, 181, 8], [84.49, 193])
  ),
  contender('pageHinkley', 'pageHinkley', {}, {}, {}),
  contender('kswin', 'kswin', {}, {}, {})
]
