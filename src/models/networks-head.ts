import {
  initializers,
  type LayersModel,
  layers,
  model as network,
  type SymbolicTensor
} from '@tensorflow/tfjs-layers'

/**
 * The same network with a new last layer, a dense one with softmax, of so many values: in the place of its last dense layer and of
 * what follows that without weights of its own; or, where it ends in pictures of features, behind their means. The first weights follow
 * from `seed`. The network given is to be used no more.
 *
 * @throws RangeError where it ends in something else.
 */
export function withNewHead(model: LayersModel, classes: number, seed: number): LayersModel {
  const last = model.layers.findLast(({ weights }) => weights.length > 0)
  const isDense = last?.getClassName() === 'Dense'
  const head = layers.dense({
    name: isDense ? last.name : unusedName(model),
    units: classes,
    activation: 'softmax',
    kernelInitializer: initializers.glorotUniform({ seed })
  })
  const features = isDense ? last.inboundNodes[0].inputTensors[0] : meansOf(model)
  const outputs = head.apply(features) as SymbolicTensor
  if (isDense) for (const weight of last.weights) weight.dispose()
  return network({ name: model.name, inputs: model.inputs, outputs })
}

function meansOf(model: LayersModel): SymbolicTensor {
  const [output, ...others] = model.outputs
  if (others.length === 0 && output.shape.length === 4)
    return layers.globalAveragePooling2d({}).apply(output) as SymbolicTensor
  const last = model.layers.at(-1)
  throw new RangeError(
    `networks: ${model.name} must end in a dense layer, which a new one replaces, or in pictures of features; its last layer ${last?.name} is a ${last?.getClassName()}`
  )
}

function unusedName({ layers }: LayersModel): string {
  let name = 'classes'
  while (layers.some(layer => layer.name === name)) name = `new_${name}`
  return name
}
