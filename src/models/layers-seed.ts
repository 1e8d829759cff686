import { type LayersModel, models } from '@tensorflow/tfjs-layers'
import { mix } from './mix.ts'

type Configuration = Parameters<typeof models.modelFromJSON>[0]

/**
 * The same network with first weights that follow from `seed`: replicas of one swarm must begin alike. Weights that it has already are
 * not taken over.
 */
export function seeded(model: LayersModel, seed: number): Promise<LayersModel> {
  const configuration: unknown = model.toJSON(null, false)
  drawSeeds(configuration, seed)
  return models.modelFromJSON(configuration as Configuration)
}

/** Gives every initialiser of a configuration that draws a seed of its own, which follows from `seed`. */
export function drawSeeds(configuration: unknown, seed: number): void {
  let drawn = mix(seed)
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return
    for (const [name, inner] of Object.entries(value)) {
      const draws = /initializer$/i.test(name) && hasSeed(inner)
      if (draws) inner.config.seed = drawn = mix(drawn + 0x9e3779b9)
      else visit(inner)
    }
  }
  visit(configuration)
}

function hasSeed(initializer: unknown): initializer is { config: { seed: number | null } } {
  if (typeof initializer !== 'object' || initializer === null || !('config' in initializer)) return false
  const { config } = initializer
  return typeof config === 'object' && config !== null && 'seed' in config
}
