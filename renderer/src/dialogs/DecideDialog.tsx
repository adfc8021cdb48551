import { useState, type ReactNode } from 'react';
import type { Failure, FailureParams } from '../../../shared/failure.ts';
import { jobOrigin } from '../../../shared/job-state.ts';
import type { Job } from '../../../shared/job.ts';
import type { DecisionDetails } from '../actions.ts';
import { Fact, Facts } from '../details/Facts.tsx';
import { useActions, useMirror } from '../services.tsx';
import { Note, TextField } from '../ui/Field.tsx';
import { FolderField } from '../ui/FolderField.tsx';
import { FormDialog } from '../ui/FormDialog.tsx';
import type { AskingChoice } from '../view/view.ts';
import { failureIn, fullMoment } from '../words.ts';
import styles from './Dialogs.module.css';

interface DecideDialogProps {
  id: string;
  choice: AskingChoice;
  onClose: () => void;
}

/** Asks for what a choice needs before a stopped download can go on. */
export function DecideDialog({ id, choice, onClose }: DecideDialogProps) {
  const job = useMirror((mirror) => mirror.jobs.get(id));
  if (!job) return null;
  const Form = forms[choice];
  return <Form job={job} onClose={onClose} />;
}

interface FormProps {
  job: Job;
  onClose: () => void;
}

const forms: Readonly<Record<AskingChoice, (props: FormProps) => ReactNode>> = {
  'change-folder': FolderForm,
  'new-link': LinkForm,
  login: LoginForm,
  trust: TrustForm,
  'allow-http': PlainHttpForm,
};

interface QuestionProps extends FormProps {
  title: string;
  choice: AskingChoice;
  details?: DecisionDetails;
  /** The word on the button that decides. */
  word: string;
  danger?: boolean;
  /** The fields, with why the engine refused this very answer. */
  children: (problem: Failure | null) => ReactNode;
}

/** The frame that all of these questions share: the file, the fields, and one button that decides. */
function Question({ job, onClose, title, choice, details, word, danger = false, children }: QuestionProps) {
  const actions = useActions();
  const answer = JSON.stringify(details);
  const [refused, setRefused] = useState<{ answer: string | undefined; failure: Failure } | null>(null);
  const decide = async () => {
    const failure = await actions.decide(job.id, choice, details);
    if (failure) setRefused({ answer, failure });
    else onClose();
  };
  return (
    <FormDialog
      title={title}
      width={480}
      onClose={onClose}
      submit={word}
      kind={danger ? 'danger' : 'primary'}
      onSubmit={() => void decide()}
    >
      <div className={styles.form}>
        <p className={styles.strong}>{job.name}</p>
        {children(refused && refused.answer === answer ? refused.failure : null)}
      </div>
    </FormDialog>
  );
}

function FolderForm(props: FormProps) {
  const [folder, setFolder] = useState(props.job.folder);
  return (
    <Question
      {...props}
      title="Choose another folder"
      choice="change-folder"
      details={{ folder: folder.trim() }}
      word="Go on there"
    >
      {(problem) => <FolderField value={folder} needed={props.job.size} problem={problem} onChange={setFolder} />}
    </Question>
  );
}

function LinkForm(props: FormProps) {
  const [url, setUrl] = useState('');
  return (
    <Question {...props} title="Go on with a new link" choice="new-link" details={{ url: url.trim() }} word="Go on">
      {(problem) => (
        <TextField
          label="Link"
          placeholder="https://…"
          value={url}
          problem={problem}
          hint="It goes on only once this link is proven to lead to the same file."
          onChange={setUrl}
        />
      )}
    </Question>
  );
}

function LoginForm(props: FormProps) {
  const [username, setUsername] = useState('');
  const [password, setPassword] = useState('');
  return (
    <Question
      {...props}
      title={`Log in to ${jobOrigin(props.job)}`}
      choice="login"
      details={{ username, password }}
      word="Log in"
    >
      {(problem) => (
        <>
          <TextField label="User name" autoComplete="username" value={username} onChange={setUsername} />
          <TextField
            label="Password"
            type="password"
            autoComplete="current-password"
            value={password}
            problem={problem}
            hint="Kept for this download only, in the system’s keychain where there is one."
            onChange={setPassword}
          />
        </>
      )}
    </Question>
  );
}

function TrustForm(props: FormProps) {
  const params: FailureParams = failureIn(props.job.state)?.params ?? {};
  const host = String(params['host'] ?? jobOrigin(props.job));
  const until = Date.parse(String(params['until']));
  return (
    <Question {...props} title="This certificate is not trusted" choice="trust" word={`Allow for ${host}`} danger>
      {(problem) => (
        <>
          <p>
            {host} shows a certificate that this computer does not trust: {params['reason']}. Someone in between could
            read or change what arrives. Allow it only if you know it.
          </p>
          <Facts>
            <Fact name="Issued to">{params['subject']}</Fact>
            <Fact name="Issued by">{params['issuer']}</Fact>
            {until > 0 && <Fact name="Valid until">{fullMoment(until)}</Fact>}
            <Fact name="SHA-256">
              <span className={styles.mono}>{params['fingerprint']}</span>
            </Fact>
          </Facts>
          <Note problem={problem} />
        </>
      )}
    </Question>
  );
}

function PlainHttpForm(props: FormProps) {
  const params: FailureParams = failureIn(props.job.state)?.params ?? {};
  return (
    <Question
      {...props}
      title="This file comes over plain http"
      choice="allow-http"
      word="Allow for this download"
      danger
    >
      {(problem) => (
        <>
          <p>
            {params['host']} redirects from https to plain http{params['to'] !== undefined && ` at ${params['to']}`}.
            Anyone in between could read or change what arrives. Allow it only if you can check the file.
          </p>
          <Note problem={problem} />
        </>
      )}
    </Question>
  );
}
