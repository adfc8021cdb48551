import { CSPProvider } from '@base-ui/react/csp-provider';
import { lazy, Suspense, useRef } from 'react';
import { assertNever } from '../../shared/assert-never.ts';
import { Dialogs } from './dialogs/Dialogs.tsx';
import { Details } from './details/Details.tsx';
import { DropTarget } from './frame/DropTarget.tsx';
import { Footer } from './frame/Footer.tsx';
import { Header } from './frame/Header.tsx';
import { Notices } from './frame/Notices.tsx';
import { Refused } from './frame/Refused.tsx';
import { Sidebar } from './frame/Sidebar.tsx';
import { Toasts } from './frame/Toasts.tsx';
import { useDesktopCommands, useShortcuts } from './frame/use-shortcuts.ts';
import { useKeptFocus } from './frame/use-kept-focus.ts';
import { useTheme } from './frame/theme.ts';
import { JobList } from './list/JobList.tsx';
import { LayerContext } from './ui/layer.ts';
import { ServicesProvider, useMirror, useView } from './services.tsx';
import type { Dial } from './transport/index.ts';
import type { View } from './view/view.ts';
import styles from './App.module.css';

/** The whole window, over whatever way to the engine it is given. */
export function App({ dial }: { dial: Dial }) {
  return (
    // The CSP allows no inline <style>; Base UI works without.
    <CSPProvider disableStyleElements>
      <ServicesProvider dial={dial}>
        <Window />
      </ServicesProvider>
    </CSPProvider>
  );
}

function Window() {
  const refusal = useMirror((mirror) => mirror.refusal);
  useTheme();
  return refusal ? <Refused reason={refusal} /> : <Frame />;
}

function Frame() {
  const known = useMirror((mirror) => mirror.revision >= 0);
  const details = useView((view) => view.details && view.place.kind === 'jobs');
  useShortcuts();
  useDesktopCommands();
  const main = useRef<HTMLElement>(null);
  useKeptFocus(main);
  return (
    <LayerContext value={main}>
      <div className={styles.frame} data-details={details || undefined}>
        <Header />
        <Sidebar />
        <main ref={main} tabIndex={-1} className={styles.main}>
          <Notices />
          <div className={styles.list}>{known ? <Place /> : <p className={styles.connecting}>Connecting…</p>}</div>
          <DropTarget />
        </main>
        {details && <Details />}
        <Footer />
        <Dialogs />
        <Toasts />
      </div>
    </LayerContext>
  );
}

/** What the middle of the window shows. All but the list comes when it is first asked for. */
function Place() {
  const place = useView((view) => view.place);
  return (
    <Suspense fallback={null}>
      <PlaceOf place={place} />
    </Suspense>
  );
}

const ConnectionsPage = lazy(() =>
  import('./connections/ConnectionsPage.tsx').then((module) => ({ default: module.ConnectionsPage })),
);
const ExportPage = lazy(() => import('./export/ExportPage.tsx').then((module) => ({ default: module.ExportPage })));
const SharesPage = lazy(() => import('./shares/SharesPage.tsx').then((module) => ({ default: module.SharesPage })));

function PlaceOf({ place }: { place: View['place'] }) {
  switch (place.kind) {
    case 'jobs':
      return <JobList />;
    case 'connections':
      return <ConnectionsPage />;
    case 'export':
      return <ExportPage key={place.connection} id={place.connection} />;
    case 'shares':
      return <SharesPage />;
    default:
      return assertNever(place);
  }
}
