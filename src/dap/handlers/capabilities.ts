import type { DebugProtocol } from '@vscode/debugprotocol';
import { HANDLERS } from './index';

/** What all handlers together implement. */
export const capabilities = (): DebugProtocol.Capabilities => Object.assign({}, ...HANDLERS.map((h) => h.capabilities));
