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
import { failureIn } from '../words.ts';
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
};

interface QuestionProps extends FormProps {
  title: string;
  choice: AskingChoice;
  details?: DecisionDetails;
  /** The word on the button that decides. */
  word: string;
  danger?: boolean;
  /** The fields, with what the engine refused in the last answer. */
  children: (problem: Failure | null, forget: () => void) => ReactNode;
}

/** The frame that all of these questions share: the file, the fields, and one button that decides. */
function Question({ job, onClose, title, choice, details, word, danger = false, children }: QuestionProps) {
  const actions = useActions();
  const [problem, setProblem] = useState<Failure | null>(null);
  const decide = async () => {
    const failed = await actions.decide(job.id, choice, details);
    if (failed) setProblem(failed);
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
        {children(problem, () => setProblem(null))}
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
      {(problem, forget) => (
        <FolderField
          value={folder}
          needed={props.job.size}
          problem={problem}
          onChange={(value) => {
            setFolder(value);
            forget();
          }}
        />
      )}
    </Question>
  );
}

function LinkForm(props: FormProps) {
  const [url, setUrl] = useState('');
  return (
    <Question {...props} title="Go on with a new link" choice="new-link" details={{ url: url.trim() }} word="Go on">
      {(problem, forget) => (
        <TextField
          label="Link"
          placeholder="https://…"
          value={url}
          problem={problem}
          hint="It goes on only once this link is proven to lead to the same file."
          onChange={(value) => {
            setUrl(value);
            forget();
          }}
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
      {(problem, forget) => (
        <>
          <TextField
            label="User name"
            autoComplete="username"
            value={username}
            onChange={(value) => {
              setUsername(value);
              forget();
            }}
          />
          <TextField
            label="Password"
            type="password"
            autoComplete="current-password"
            value={password}
            problem={problem}
            hint="Kept for this download only, in the system’s keychain where there is one."
            onChange={(value) => {
              setPassword(value);
              forget();
            }}
          />
        </>
      )}
    </Question>
  );
}

function TrustForm(props: FormProps) {
  const params: FailureParams = failureIn(props.job.state)?.params ?? {};
  const host = String(params['host'] ?? jobOrigin(props.job));
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
            {params['until'] && <Fact name="Valid until">{params['until']}</Fact>}
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
