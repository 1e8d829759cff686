import { io, type Tensor, tidy, type Variable } from '@tensorflow/tfjs-core'
import type { LayersModel, LayerVariable } from '@tensorflow/tfjs-layers'
import type { SavedArtifacts } from './saved-manifest.ts'
import { SavedModelError } from './saved-source.ts'

/** The network, after `put` has put its weights in; where that fails, its memory is given back. */
export function filled(model: LayersModel, put: () => void): LayersModel {
  try {
    tidy(put)
    return model
  } catch (error) {
    model.dispose()
    throw error
  }
}

/**
 * Puts the weights of a model.json into the network, by their names.
 * @throws SavedModelError that names the weight that is missing, too many, or of another shape.
 */
export function putNamedWeights(model: LayersModel, { weightSpecs, weightData }: SavedArtifacts): void {
  const tensors = io.decodeWeights(weightData, weightSpecs)
  const left = new Map(
    weightSpecs.filter(spec => spec.group !== 'optimizer').map(({ name }) => [name, tensors[name] as Tensor])
  )
  for (const variable of model.weights) {
    const name = left.has(variable.originalName) ? variable.originalName : withCell(variable, left)
    const tensor = name === undefined ? undefined : left.get(name)
    if (name === undefined || tensor === undefined) {
      throw new SavedModelError(`there is no weight ${variable.originalName}`)
    }
    putWeight(variable, tensor, `weight ${name}`)
    left.delete(name)
  }
  const [more] = left.keys()
  if (more !== undefined) throw new SavedModelError(`weight ${more} belongs to no layer`)
}

/** Keras from 2.2 on puts the cell between: lstm/lstm_cell/kernel. */
function withCell({ originalName }: LayerVariable, names: ReadonlyMap<string, unknown>): string | undefined {
  return [...names.keys()].find(name => {
    const parts = name.split('/')
    return parts.toSpliced(-2, 1).join('/') === originalName
  })
}

/**
 * Puts a layer's weights into it, in their order; `names` are what the file calls them, if it does.
 * @throws SavedModelError where they are not what the layer has; `what` names it.
 */
export function putWeights(
  variables: readonly LayerVariable[],
  tensors: readonly Tensor[],
  what: string,
  names?: readonly string[]
): void {
  if (variables.length !== tensors.length) {
    throw new SavedModelError(
      `${what} has ${variables.length} weights, the file has ${tensors.length} for it`
    )
  }
  for (const [i, variable] of variables.entries()) {
    const wanted = kindOf(variable.originalName)
    const got = names === undefined ? wanted : kindOf(names[i] ?? '')
    if (wanted !== got) throw new SavedModelError(`${what}: weight ${i} is ${wanted}, in the file ${got}`)
    putWeight(variable, tensors[i] as Tensor, `${what}: ${wanted}`)
  }
}

/** kernel, of dense_1/kernel:0. */
function kindOf(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1).replace(/:\d+$/, '')
}

/** Shape and type must be those that the network wants. */
function putWeight(variable: LayerVariable, tensor: Tensor, what: string): void {
  const wanted = `${variable.dtype} [${variable.shape.join(', ')}]`
  const got = `${tensor.dtype} [${tensor.shape.join(', ')}]`
  if (wanted !== got) throw new SavedModelError(`${what}: ${wanted} wanted; got ${got}`)
  // Not the layer variable's `write`, which would apply the constraint.
  const values = variable.read() as Variable
  values.assign(tensor)
}
