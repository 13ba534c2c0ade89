import type { DebugProtocol } from '@vscode/debugprotocol';
import type { SessionContext } from '../sessionContext';
import { HANDLERS } from './index';

/** What all handlers together implement. */
export const capabilities = (session: SessionContext): DebugProtocol.Capabilities => Object.assign({}, ...HANDLERS.map((h) => h.capabilities(session)));
