// What the runtime knows of devices.
export { type DeviceChoice, type OpenedDevice, openDevice } from './auto.ts'
export * from './contract.ts'
