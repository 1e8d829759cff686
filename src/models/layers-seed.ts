import { type LayersModel, models } from '@tensorflow/tfjs-layers'
import { mix } from './mix.ts'

type Configuration = Parameters<typeof models.modelFromJSON>[0]

/**
 * The same network with first weights that follow from `seed`: replicas of one swarm must begin alike. Weights that it has already are
 * not taken over.
 */
export function seeded(model: LayersModel, seed: number): Promise<LayersModel> {
  const configuration: unknown = model.toJSON(null, false)
  let drawn = mix(seed)
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return
    for (const [name, inner] of Object.entries(value)) {
      const draws = name.endsWith('initializer') && hasSeed(inner)
      if (draws) inner.config.seed = drawn = mix(drawn + 0x9e3779b9)
      else visit(inner)
    }
  }
  visit(configuration)
  return models.modelFromJSON(configuration as Configuration)
}

function hasSeed(initializer: unknown): initializer is { config: { seed: number | null } } {
  if (typeof initializer !== 'object' || initializer === null || !('config' in initializer)) return false
  const { config } = initializer
  return typeof config === 'object' && config !== null && 'seed' in config
}
