import { eventLoopYield } from '../debug/yieldToEventLoop';
import type { SessionContext } from './sessionContext';

/** Large images take a while: the client shows what goes on. */
export async function withProgress<T>(session: SessionContext, title: string, work: () => Promise<T>): Promise<T> {
  if (!session.client.progress) return work();
  const progressId = title;
  session.send('progressStart', { progressId, title, cancellable: false });
  await eventLoopYield()();
  try {
    return await work();
  } finally {
    session.send('progressEnd', { progressId });
  }
}
