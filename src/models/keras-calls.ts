import { isObject, type Json } from './saved-json.ts'
import { SavedModelError } from './saved-source.ts'

/** One output of one call of a layer: [layer, call, output]. */
type Reference = [string, number, number]

/** Names of layers that are models. Keras 3 counts their calls from 0; for TensorFlow.js call 0 is how they were made. */
export type Models = ReadonlySet<string>

/**
 * A layer's calls as TensorFlow.js writes them, [[layer, call, output, options], …] for each. Keras 2 does so too; Keras 3 has
 * for each { args, kwargs }, in which outputs are { class_name: '__keras_tensor__', … }.
 * @throws SavedModelError where a call has arguments other than outputs of layers.
 */
export function translateCalls(calls: unknown, layer: string, models: Models): unknown[] {
  if (!Array.isArray(calls)) throw new SavedModelError(`the calls of ${layer} are not a list`)
  return calls.map(call => {
    if (!isObject(call)) return call
    refuseOptions(isObject(call.kwargs) ? call.kwargs : {}, layer)
    return tensorsOf(call.args, layer).map(([name, node, output]) => [
      name,
      models.has(name) ? node + 1 : node,
      output,
      {}
    ])
  })
}

/**
 * A model's inputs or outputs as a list of [layer, call, output]; Keras 3 leaves the list out where there is but one, and may
 * have them by name.
 */
export function translateEnds(ends: unknown, models: Models): Reference[] {
  if (isObject(ends)) return Object.values(ends).flatMap(end => translateEnds(end, models))
  if (!Array.isArray(ends)) return []
  const [name, node, output] = ends
  if (typeof name === 'string') return [[name, models.has(name) ? node + 1 : node, output]]
  return ends.flatMap(end => translateEnds(end, models))
}

/** `training` too has no effect: Keras 3 goes by whether the whole model is trained (Keras 2 by how the layer was called). */
function refuseOptions(kwargs: Json, layer: string): void {
  for (const [name, value] of Object.entries(kwargs)) {
    if (name !== 'training' && value !== null && value !== false) {
      throw new SavedModelError(`${layer} is called with ${name}, which is not known`)
    }
  }
}

function tensorsOf(args: unknown, layer: string): Reference[] {
  if (Array.isArray(args)) return args.flatMap(item => tensorsOf(item, layer))
  if (isObject(args) && args.class_name === '__keras_tensor__' && isObject(args.config)) {
    return [args.config.keras_history as Reference]
  }
  throw new SavedModelError(`${layer} is called with ${JSON.stringify(args)}, which no layer gives`)
}
