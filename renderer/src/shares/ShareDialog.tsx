import { useState } from 'react';
import { failure, type Failure } from '../../../shared/failure.ts';
import { parseRate } from '../../../shared/format.ts';
import type { Audience, ShareOptions, ShareRequest } from '../../../shared/share.ts';
import { limitProblem } from '../add/options.ts';
import { useClient, useServices } from '../services.tsx';
import { failureOf } from '../transport/index.ts';
import { ChoiceField, Note, SelectField, TextField } from '../ui/Field.tsx';
import { FormDialog } from '../ui/FormDialog.tsx';
import type { ShareDraft } from '../view/view.ts';
import { AudienceField } from './AudienceField.tsx';
import { missingOf, targetOf, typedTarget } from './draft.ts';
import { TargetFields } from './TargetFields.tsx';
import { deliveriesText, deliveryChoices, dispositionWords, isOfFiles, shareKindWords } from './words.ts';
import fields from '../ui/Fields.module.css';

const hour = 3_600_000;
const lives = [hour, 24 * hour, 7 * 24 * hour, 30 * 24 * hour];
const lifeWords = ['One hour', 'One day', 'One week', 'One month'];

/** Asks what to share, with whom, and for how long. */
export function ShareDialog({ draft, onClose }: { draft: ShareDraft; onClose: () => void }) {
  const client = useClient();
  const { view } = useServices();
  const [target, setTarget] = useState(() => typedTarget(draft.kind, draft.of));
  const [name, setName] = useState(draft.name);
  const [audience, setAudience] = useState<Audience>('this-computer');
  const [life, setLife] = useState<number | null>(null);
  const [deliveries, setDeliveries] = useState<number | null>(null);
  const [password, setPassword] = useState('');
  const [limit, setLimit] = useState('');
  const [disposition, setDisposition] = useState<ShareOptions['disposition']>('inline');
  const [problem, setProblem] = useState<Failure | null>(null);

  const isFiles = isOfFiles(target.kind);
  const atTarget = problem?.code === 'cannot-share' || missingOf(target) !== null ? problem : null;
  const share = async () => {
    const wanted = missingOf(target) ?? targetOf(target);
    if (typeof wanted === 'string') {
      setProblem(failure('bad-input', { detail: wanted }));
      return;
    }
    if (limitProblem(limit)) return;
    const request: ShareRequest = {
      target: wanted,
      options: {
        ...(name.trim() && { name: name.trim() }),
        audience,
        expiresAt: life === null ? null : Date.now() + life,
        deliveries,
        limit: parseRate(limit),
        ...(isFiles && { disposition }),
      },
      ...(password && { password }),
    };
    try {
      const { id } = await client.shares.add(request);
      view.setState({ place: { kind: 'shares' }, share: id });
      onClose();
    } catch (error) {
      setProblem(failureOf(error));
    }
  };
  return (
    <FormDialog
      title="New share"
      width={560}
      onClose={onClose}
      submit="Share"
      onChange={() => setProblem(null)}
      onSubmit={() => void share()}
    >
      <ChoiceField
        label="Share a"
        value={target.kind}
        words={shareKindWords}
        onChange={(kind) => kind !== target.kind && setTarget(typedTarget(kind, ''))}
      />
      <TargetFields typed={target} problem={atTarget} onChange={(patch) => setTarget({ ...target, ...patch })} />
      <AudienceField value={audience} onChange={setAudience} />
      <div className={fields.pair}>
        <TextField label="Name" placeholder="From what it is" value={name} onChange={setName} />
        <TextField
          label="Password"
          type="password"
          autoComplete="new-password"
          placeholder="None"
          value={password}
          onChange={setPassword}
        />
        <SelectField
          label="Ends after"
          value={life}
          choices={lives}
          word={(one) => (one === null ? 'I revoke it' : (lifeWords[lives.indexOf(one)] ?? ''))}
          onChange={setLife}
        />
        <SelectField
          label="Or after"
          value={deliveries}
          choices={deliveryChoices}
          word={(one) => (one === null ? 'Any number of deliveries' : deliveriesText(one))}
          onChange={setDeliveries}
        />
        <TextField
          label="Speed limit"
          placeholder="No limit"
          value={limit}
          problem={limitProblem(limit)}
          onChange={setLimit}
        />
        {isFiles && (
          <ChoiceField label="In a browser" value={disposition} words={dispositionWords} onChange={setDisposition} />
        )}
      </div>
      <Note problem={atTarget ? null : problem} />
    </FormDialog>
  );
}
