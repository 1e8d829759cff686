// Everything the WASM device exports, in one module.
export { applyRows } from './apply'
export { checkRows } from './check-rows'
export { initRows } from './init-rows'
export { nearestRows, sortNearest } from './nearest'
export { countTouched, packRows } from './pack'
export { copyRoof, maddRoof } from './roof'
export { skipGramScratchBytes, trainSkipGram } from './sgns'
