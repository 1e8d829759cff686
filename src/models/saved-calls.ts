import { asText, type Json } from './saved-json.ts'
import { SavedModelError } from './saved-source.ts'

/** Output `tensor` of call `node` of a layer. */
interface Reference {
  readonly layer: string
  readonly node: number
}

/**
 * Checks that the calls in a functional model's configuration can be made in some order: TensorFlow.js goes round for ever
 * where one takes what no other gives.
 * @throws SavedModelError that names the layer.
 */
export function checkCalls(model: string, config: Json, layers: readonly Json[]): void {
  const made = new Map<string, number>()
  let waiting: { name: string; inputs: Reference[] }[] = []
  for (const layer of layers) {
    const name = asText(layer.name, `the name of a layer of ${model}`)
    if (made.has(name)) throw new SavedModelError(`two layers are named ${JSON.stringify(name)}`)
    // Inputs and models have a call of their own to begin with.
    const isSource = layer.class_name === 'InputLayer' || Array.isArray((layer.config as Json).layers)
    made.set(name, isSource ? 1 : 0)
    for (const call of callsOf(layer, name)) waiting.push({ name, inputs: call })
  }
  while (waiting.length > 0) {
    const left = waiting.filter(({ name, inputs }) => {
      if (!inputs.every(input => isMade(input, made))) return true
      made.set(name, (made.get(name) ?? 0) + 1)
      return false
    })
    if (left.length === waiting.length) {
      const { name, inputs } = left[0] as (typeof left)[number]
      const missing = inputs.find(input => !isMade(input, made))
      throw new SavedModelError(
        `layer ${JSON.stringify(name)} takes the output of ${JSON.stringify(missing?.layer)}, which is not there before it`
      )
    }
    waiting = left
  }
  for (const side of ['input_layers', 'output_layers']) {
    for (const reference of references(config[side], `${side} of ${model}`)) {
      if (!isMade(reference, made)) {
        throw new SavedModelError(`${side} name ${JSON.stringify(reference.layer)}, which is not there`)
      }
    }
  }
}

function isMade({ layer, node }: Reference, made: ReadonlyMap<string, number>): boolean {
  return node < (made.get(layer) ?? 0)
}

function callsOf(layer: Json, name: string): Reference[][] {
  const calls = layer.inbound_nodes ?? []
  if (!Array.isArray(calls))
    throw new SavedModelError(`the calls of layer ${JSON.stringify(name)} are not a list`)
  return calls.map(call => references(call, `a call of layer ${JSON.stringify(name)}`))
}

function references(value: unknown, what: string): Reference[] {
  if (!Array.isArray(value)) throw new SavedModelError(`${what}: a list wanted`)
  return value.map(item => {
    const [layer, node] = Array.isArray(item) ? item : []
    if (typeof layer !== 'string' || !Number.isSafeInteger(node)) {
      throw new SavedModelError(`${what}: [layer, call, output] wanted; got ${JSON.stringify(item)}`)
    }
    return { layer, node }
  })
}
