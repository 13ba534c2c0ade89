/** Which flag definitions of a block nobody can see: overwritten before anything reads flags or could leave the region. */
import type { Expr, Statement } from '../../ir/microOp';

const readsFlags = (e: Expr): boolean => {
  switch (e.k) {
    case 'condition':
    case 'status':
      return true;
    case 'unary':
      return readsFlags(e.x);
    case 'binary':
      return readsFlags(e.x) || readsFlags(e.y);
    case 'select':
      return readsFlags(e.condition) || readsFlags(e.x) || readsFlags(e.y);
    case 'wide':
      return readsFlags(e.high) || readsFlags(e.low) || readsFlags(e.divisor);
    default:
      return false;
  }
};

const expressionsOf = (s: Statement): readonly Expr[] => {
  switch (s.k) {
    case 'let':
    case 'setRegister':
    case 'setCell':
    case 'setStatus':
      return [s.value];
    case 'branch':
      return [s.condition];
    case 'indirect':
      return [s.target];
    default:
      return [];
  }
};

/** The definitions among `statements` that are dead; flags are needed at the end. */
export function deadFlags(statements: readonly Statement[]): ReadonlySet<Statement> {
  const dead = new Set<Statement>();
  let needed = true;
  for (let n = statements.length - 1; n >= 0; n--) {
    const s = statements[n];
    switch (s.k) {
      case 'setStatus':
        if (!needed) dead.add(s);
        else needed = readsFlags(s.value);
        break;
      case 'comparisonFlags':
        if (!needed) dead.add(s);
        else needed = false;
        break;
      case 'arithmeticFlags':
      case 'resultFlags':
        if (!needed) dead.add(s);
        else needed = s.k === 'arithmeticFlags' && s.keepCarry;
        break;
      case 'carryFlags':
        if (!needed) dead.add(s);
        break;
      case 'let':
      case 'setRegister':
      case 'setCell':
      case 'branch':
      case 'indirect':
        if (expressionsOf(s).some(readsFlags)) needed = true;
        break;
      default:
        needed = true; // may leave
    }
  }
  return dead;
}
