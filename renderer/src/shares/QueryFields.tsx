import type { Failure } from '../../../shared/failure.ts';
import { ConnectionField } from '../connections/ConnectionField.tsx';
import { shortType } from '../export/DataGrid.tsx';
import { ParameterInput } from '../export/ParameterInput.tsx';
import { useDescription } from '../export/use-description.ts';
import { TextArea } from '../ui/Field.tsx';
import { parametersOf, type Parameter, type TypedTarget } from './draft.ts';
import styles from './Shares.module.css';

interface QueryFieldsProps {
  typed: TypedTarget;
  /** What is wrong with the query, where the server was not asked. */
  problem: Failure | null;
  onChange: (patch: Partial<TypedTarget>) => void;
}

/** A query for the link, and how the link fills in its parameters. */
export function QueryFields({ typed, problem, onChange }: QueryFieldsProps) {
  const { connection, of } = typed;
  const { description, problem: wrong } = useDescription(connection, of);
  const parameters = parametersOf(typed);
  const change = (i: number, patch: Partial<Parameter>) =>
    onChange({ parameters: parameters.map((one, j) => (j === i ? { ...one, ...patch } : one)) });
  return (
    <>
      <ConnectionField value={connection} onChange={(id) => onChange({ connection: id })} />
      <TextArea
        label="SQL"
        rows={4}

        hint="Runs each time the link is opened. $1, $2 … come from the link."
        problem={problem ?? wrong}
        value={of}
        onChange={(sql) => onChange({ of: sql })}
      />
      {parameters.length > 0 && (
        <table className={styles.parameters}>
          <thead>
            <tr>
              <th scope="col">Parameter</th>
              <th scope="col">Name in the link</th>
              <th scope="col">If it is left out</th>
            </tr>
          </thead>
          <tbody>
            {parameters.map(({ name, value }, i) => {
              const sign = `$${i + 1}`;
              const type = description?.parameters[i] ?? '';
              return (
                // A parameter has no other name than its number.
                // oxlint-disable-next-line react/no-array-index-key
                <tr key={i}>
                  <th scope="row">
                    {sign} <em>{shortType(type)}</em>
                  </th>
                  <td>
                    <input
                      type="text"
                      aria-label={`Name of ${sign}`}
                      spellCheck={false}
                      autoComplete="off"
                      value={name}
                      onChange={(event) => change(i, { name: event.target.value })}
                    />
                  </td>
                  <td>
                    <ParameterInput
                      label={`${sign} if it is left out`}
                      type={type}
                      value={value}
                      none="It has to be there"
                      onChange={(next) => change(i, { value: next })}
                    />
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      )}
    </>
  );
}
