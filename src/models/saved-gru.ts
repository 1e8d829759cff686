import {
  add,
  dropout,
  keep,
  matMul,
  mul,
  onesLike,
  serialization,
  split,
  sub,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  tidy,
  unstack
} from '@tensorflow/tfjs-core'
import { layers } from '@tensorflow/tfjs-layers'

type CellArgs = Parameters<typeof layers.gruCell>[0]
type LayerArgs = Parameters<typeof layers.gru>[0]
type Kwargs = Parameters<layers.Layer['call']>[1]

// TensorFlow.js gives out what makes these layers, not their classes.
const GruCell = layers.gruCell({ units: 1 }).constructor as new (
  args: CellArgs
) => ReturnType<typeof layers.gruCell>
const Gru = layers.gru({ units: 1 }).constructor as new (
  args: LayerArgs
) => Omit<ReturnType<typeof layers.gru>, 'cell'> & { cell: layers.RNNCell }

/**
 * The gated recurrent unit as Keras has it by default and TensorFlow.js not at all (`reset_after`): the state goes through its
 * matrix, and gets a bias of its own, before the reset gate is applied.
 *
 *   z = σ(x·Kz + bz + h·Rz + cz)   r = σ(x·Kr + br + h·Rr + cr)   a = tanh(x·Ka + ba + r ∘ (h·Ra + ca))   h' = z ∘ h + (1 − z) ∘ a
 *
 * kernel K [inputs, 3 · units], recurrent_kernel R [units, 3 · units], bias [2, 3 · units]: b and c.
 */
class ResetAfterGruCell extends GruCell {
  constructor(args: CellArgs) {
    super({ ...args, resetAfter: false })
  }

  override build(inputShape: number[]): void {
    const inputs = inputShape.at(-1) as number
    const width = 3 * this.units
    const { kernelInitializer, recurrentInitializer, biasInitializer } = this
    this.kernel = this.addWeight(
      'kernel',
      [inputs, width],
      'float32',
      kernelInitializer,
      this.kernelRegularizer,
      true,
      this.kernelConstraint
    )
    this.recurrentKernel = this.addWeight(
      'recurrent_kernel',
      [this.units, width],
      'float32',
      recurrentInitializer,
      this.recurrentRegularizer,
      true,
      this.recurrentConstraint
    )
    if (this.useBias) {
      this.bias = this.addWeight(
        'bias',
        [2, width],
        'float32',
        biasInitializer,
        this.biasRegularizer,
        true,
        this.biasConstraint
      )
    }
    this.built = true
  }

  override call(inputs: Tensor | Tensor[], kwargs: Kwargs): Tensor[] {
    return tidy(() => {
      let [x, h] = inputs as Tensor2D[] as [Tensor2D, Tensor2D]
      if (kwargs.training === true) {
        this.dropoutMask ??= maskOf(x, this.dropout)
        this.recurrentDropoutMask ??= maskOf(h, this.recurrentDropout)
        x = mul(x, this.dropoutMask as Tensor2D)
        h = mul(h, this.recurrentDropoutMask as Tensor2D)
      }
      let fromInput: Tensor = matMul(x, this.kernel.read() as Tensor2D)
      let fromState: Tensor = matMul(h, this.recurrentKernel.read() as Tensor2D)
      if (this.useBias) {
        const [inputBias, stateBias] = unstack(this.bias.read()) as [Tensor1D, Tensor1D]
        fromInput = add(fromInput, inputBias)
        fromState = add(fromState, stateBias)
      }
      const [xz, xr, xa] = split(fromInput, 3, -1) as [Tensor, Tensor, Tensor]
      const [hz, hr, ha] = split(fromState, 3, -1) as [Tensor, Tensor, Tensor]
      const z = this.recurrentActivation.apply(add(xz, hz))
      const r = this.recurrentActivation.apply(add(xr, hr))
      const a = this.activation.apply(add(xa, mul(r, ha)))
      const next = add(mul(z, h), mul(sub(1, z), a))
      return [next, next]
    })
  }

  override getConfig(): serialization.ConfigDict {
    return { ...super.getConfig(), resetAfter: true }
  }
}

/** The class of the layer, in configurations. */
export const RESET_AFTER_GRU = 'ResetAfterGRU'

class ResetAfterGru extends Gru {
  static className = RESET_AFTER_GRU

  constructor(args: LayerArgs) {
    super({ ...args, resetAfter: false } as LayerArgs)
    this.cell = new ResetAfterGruCell(args)
  }
}

/** Kept over the steps of a sequence; the layer disposes of it before the next one. */
function maskOf(values: Tensor, rate: number): Tensor {
  return keep(dropout(onesLike(values), rate))
}

/** Makes `ResetAfterGRU` a class that TensorFlow.js can make from a configuration. Once is enough, twice does no harm. */
export function registerResetAfterGru(): void {
  serialization.registerClass(
    ResetAfterGru as unknown as serialization.SerializableConstructor<serialization.Serializable>
  )
}
