import { keysOf } from '../ui/keys-of.ts';
import { SelectField } from '../ui/Field.tsx';
import { Fold } from '../ui/Fold.tsx';
import { PathField } from '../ui/PathField.tsx';
import type { Typed } from './draft.ts';
import { tlsWords } from './words.ts';
import fields from '../ui/Fields.module.css';

interface EncryptionFoldProps {
  typed: Typed;
  onChange: (patch: Partial<Typed>) => void;
}

/** How the line to the server is encrypted, and with which certificates. */
export function EncryptionFold({ typed, onChange }: EncryptionFoldProps) {
  return (
    <Fold title="Encryption" note={tlsWords[typed.mode]}>
      <SelectField
        label="TLS"
        value={typed.mode}
        choices={keysOf(tlsWords)}
        word={(mode) => (mode === null ? '' : `${tlsWords[mode]} (${mode})`)}
        onChange={(mode) => mode !== null && onChange({ mode })}
      />
      <PathField
        of="file"
        label="Authority"
        placeholder="Those of this computer"
        hint="A PEM file. What it signed is trusted."
        value={typed.ca}
        onChange={(ca) => onChange({ ca })}
      />
      <div className={fields.pair}>
        <PathField
          of="file"
          label="Client certificate"
          placeholder="None"
          value={typed.certificate}
          onChange={(certificate) => onChange({ certificate })}
        />
        <PathField
          of="file"
          label="Its key"
          placeholder="None"
          value={typed.key}
          onChange={(key) => onChange({ key })}
        />
      </div>
    </Fold>
  );
}
