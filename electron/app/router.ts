/** The contract, implemented once over the engine and the face's ports. All transports answer with this. */
import type { Router } from '@orpc/server';
import type { contract } from '../../shared/contract.ts';
import type { App } from './app.ts';
import { databaseRoutes } from './database-routes.ts';
import { jobRoutes } from './job-routes.ts';
import { type None, routesOf } from './routes.ts';
import { shareRoutes } from './share-routes.ts';
import { systemRoutes } from './system-routes.ts';

export type AppRouter = Router<typeof contract, None>;

/** The router that oRPC's handlers serve. */
export function createRouter(app: App): AppRouter {
  const os = routesOf(app);
  return os.router({
    ...jobRoutes(os, app),
    ...databaseRoutes(os, app),
    ...shareRoutes(os, app),
    ...systemRoutes(os, app),
  });
}
