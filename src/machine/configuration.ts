/** One schema for launch.json, the command line and the tests. */
export { ATTRIBUTES, CPU_MODELS, type Attribute, type AttributeName, type BootDevice, type CpuModel, type HypervisorInterface, type VirtioKind } from './configuration/attributes';
export { parseConfiguration, type Configuration, type ConfigurationResult } from './configuration/configuration';
export { attachSchema, launchSchema } from './configuration/schema';
export { MAX_VMS, type NamedConfiguration, parseConfigurations } from './configuration/vms';
