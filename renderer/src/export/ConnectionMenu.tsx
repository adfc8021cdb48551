import { Menu } from '@base-ui/react/menu';
import { Check, ChevronsUpDown } from 'lucide-react';
import { use } from 'react';
import type { ConnectionProfile } from '../../../shared/database.ts';
import { ColorTag } from '../connections/ColorTag.tsx';
import { useProfiles, useServices } from '../services.tsx';
import { LayerContext } from '../ui/layer.ts';
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
            <Menu.RadioGroup
              value={profile.id}
              onValueChange={(connection: string) => view.setState({ place: { kind: 'export', connection } })}
            >
              {profiles.map(({ id, name, color }) => (
                <Menu.RadioItem key={id} value={id} className={popup.item} closeOnClick>
                  <span className={popup.icon}>
                    <Menu.RadioItemIndicator>
                      <Check size={14} />
                    </Menu.RadioItemIndicator>
                  </span>
                  <ColorTag color={color} />
                  {name}
                </Menu.RadioItem>
              ))}
            </Menu.RadioGroup>
            <Menu.Separator className={popup.separator} />
            <Menu.Item className={popup.item} onClick={() => view.setState({ place: { kind: 'connections' } })}>
              <span className={popup.icon} />
              All connections
            </Menu.Item>
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}
