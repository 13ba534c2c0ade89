/** The functions that micro-ops call, in the order of SHARED_FUNCTIONS. */
import type { DefinedFunction } from './encoder';
import { exactFunctions } from './exactFunctions';
import { x87Functions } from './x87Functions';

/** `first` is the index of the first of them in the module. */
export const sharedFunctions = (first: number): readonly DefinedFunction[] => [...x87Functions(first), ...exactFunctions()];
