interface Lock {
  packages?: Record<string, { version?: string; optional?: boolean; link?: boolean }>;
}
export const root: string;
export function missingPackages(lock: Lock, installed: Lock | undefined): string[];
/** Why nothing may be installed into this node_modules, if so. */
export function sharedInstallation(folder: string): string | undefined;
export function bootstrap(): void;
