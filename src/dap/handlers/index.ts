/** Every request that Ringside answers. */
import type { Handler } from '../handler';
import { attach } from './attach';
import { cancel } from './cancel';
import { breakpointLocations } from './breakpointLocations';
import { completions } from './completions';
import { configurationDone } from './configurationDone';
import { dataBreakpointInfo, setDataBreakpoints } from './dataBreakpoints';
import { disassemble } from './disassemble';
import { disconnect } from './disconnect';
import { evaluate } from './evaluate';
import { exceptionInfo } from './exceptionInfo';
import { goto, gotoTargets } from './goto';
import { initialize } from './initialize';
import { launch } from './launch';
import { locations } from './locations';
import { modules } from './modules';
import { restartFrame } from './restartFrame';
import { loadedSources } from './loadedSources';
import { readMemory } from './readMemory';
import { restart } from './restart';
import { continueRequest, next, pause, stepIn, stepOut } from './resume';
import { ringsideBlock } from './ringsideBlock';
import { ringsideBlocks } from './ringsideBlocks';
import { ringsideExitSummary } from './ringsideExitSummary';
import { ringsideExits } from './ringsideExits';
import { ringsideInput } from './ringsideInput';
import { ringsideLineCounts } from './ringsideLineCounts';
import { ringsidePageWalk } from './ringsidePageWalk';
import { ringsideVmcs } from './ringsideVmcs';
import { ringsideScreen } from './ringsideScreen';
import { ringsideSystem } from './ringsideSystem';
import { ringsideSubscribe } from './ringsideSubscribe';
import { scopes } from './scopes';
import { setBreakpoints } from './setBreakpoints';
import { setExceptionBreakpoints } from './setExceptionBreakpoints';
import { setExpression } from './setExpression';
import { setFunctionBreakpoints } from './setFunctionBreakpoints';
import { setInstructionBreakpoints } from './setInstructionBreakpoints';
import { setVariable } from './setVariable';
import { source } from './source';
import { stackTrace } from './stackTrace';
import { stepInTargets } from './stepInTargets';
import { terminate } from './terminate';
import { threads } from './threads';
import { variables } from './variables';
import { writeMemory } from './writeMemory';

export const HANDLERS: readonly Handler[] = [
  initialize,
  launch,
  attach,
  configurationDone,
  restart,
  terminate,
  disconnect,
  setBreakpoints,
  breakpointLocations,
  setFunctionBreakpoints,
  setInstructionBreakpoints,
  setExceptionBreakpoints,
  dataBreakpointInfo,
  setDataBreakpoints,
  exceptionInfo,
  continueRequest,
  pause,
  next,
  stepIn,
  stepOut,
  stepInTargets,
  source,
  gotoTargets,
  goto,
  threads,
  stackTrace,
  scopes,
  variables,
  setVariable,
  setExpression,
  evaluate,
  completions,
  disassemble,
  readMemory,
  writeMemory,
  loadedSources,
  ringsideBlock,
  modules,
  locations,
  restartFrame,
  cancel,
  ringsideBlocks,
  ringsidePageWalk,
  ringsideExits,
  ringsideLineCounts,
  ringsideExitSummary,
  ringsideVmcs,
  ringsideScreen,
  ringsideSubscribe,
  ringsideSystem,
  ringsideInput,
];
