// Detectors of drift, beside src/index.ts; apart from that, since the libraries of their quantiles are no modules that a page could load by itself.

export { type AdwinOptions, adwin } from './drift/adwin.ts'
export { type ConvergenceOptions, convergence } from './drift/convergence.ts'
export { type DdmOptions, ddm } from './drift/ddm.ts'
export { type EcddOptions, ecdd } from './drift/ecdd.ts'
export { type EddmOptions, eddm } from './drift/eddm.ts'
export { type KswinOptions, kswin } from './drift/kswin.ts'
export { detectorNames, newDetector, openDetector } from './drift/open.ts'
export { type OptwinOptions, optwin } from './drift/optwin.ts'
export { type PageHinkleyOptions, pageHinkley } from './drift/page-hinkley.ts'
export { type StepdOptions, stepd } from './drift/stepd.ts'
export type { Convergence, Detector, DetectorState, Verdict } from './types.ts'
