export function countResults(output: string, exitCode: number): { passed: number; failed: number };
