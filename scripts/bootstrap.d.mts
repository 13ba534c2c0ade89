interface Lock {
  packages?: Record<string, { version?: string; optional?: boolean; link?: boolean }>;
}
export const root: string;
export function missingPackages(lock: Lock, installed: Lock | undefined): string[];
export function bootstrap(): void;
