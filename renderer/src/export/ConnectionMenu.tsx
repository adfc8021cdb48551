import { Menu } from '@base-ui/react/menu';
import { ChevronsUpDown } from 'lucide-react';
import { use } from 'react';
import type { ConnectionProfile } from '../../../shared/database.ts';
import { ColorTag } from '../connections/ColorTag.tsx';
import { useProfiles, useServices } from '../services.tsx';
import { LayerContext } from '../ui/layer.ts';
import { MenuChoices, MenuItem } from '../ui/MenuItems.tsx';
import popup from '../ui/Popup.module.css';
import styles from './ConnectionMenu.module.css';

/** The connection that is exported from, and the way to another one. */
export function ConnectionMenu({ profile }: { profile: ConnectionProfile }) {
  const { view } = useServices();
  const profiles = useProfiles() ?? [];
  return (
    <Menu.Root>
      <Menu.Trigger className={styles.connection} aria-label={`Connection: ${profile.name}`}>
        <ColorTag color={profile.color} />
        <h2>{profile.name}</h2>
        <ChevronsUpDown size={13} aria-hidden="true" />
      </Menu.Trigger>
      <Menu.Portal container={use(LayerContext)}>
        <Menu.Positioner className={popup.positioner} align="start" sideOffset={4}>
          <Menu.Popup className={popup.popup}>
            <MenuChoices
              value={profile.id}
              choices={profiles.map((one) => [one.id, <Name key={one.id} profile={one} />])}
              onChange={(connection) => view.setState({ place: { kind: 'export', connection } })}
            />
            <Menu.Separator className={popup.separator} />
            <MenuItem word="All connections" onClick={() => view.setState({ place: { kind: 'connections' } })} />
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}

function Name({ profile }: { profile: ConnectionProfile }) {
  return (
    <>
      <ColorTag color={profile.color} />
      {profile.name}
    </>
  );
}
