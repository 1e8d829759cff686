/** The networks that come with tensair. In a file of its own: whoever only asks for the names need not load TensorFlow.js. */
export const networkNames = ['tutorial', 'small', 'normalized', 'mlp'] as const

export type NetworkName = (typeof networkNames)[number]
