/** The environment variables that are read, each with its purpose; `--help` lists them. */
export const CONFIG_VARIABLES: Readonly<Record<string, string>> = {
  TRIAL_ADAPTER_CONFIG: 'configuration file (as --config)',
  TRIAL_ADAPTER_DATA: 'folder of the store (as --data)',
  TRIAL_ADAPTER_KEYS: 'folder of the keys (default: keys in the folder of the store)',
  TRIAL_ADAPTER_DATABASE: 'URL of a PostgreSQL database (as --database)',
  TRIAL_ADAPTER_DATABASE_OWNER: 'its URL for the role that owns the schema',
  TRIAL_ADAPTER_HOST: 'address to listen on (as --host)',
  TRIAL_ADAPTER_PORT: 'port to listen on (as --port)',
  TRIAL_ADAPTER_MAPPINGS: 'folder of mappings and studies (default: the bundled one)',
  TRIAL_ADAPTER_LOG_LEVEL: 'debug, info, warn, error or silent',
  TRIAL_ADAPTER_SIGNING_KEY:
    'your signing key (default: .config/trial-adapter/signing-key.json in your home)',
  TRIAL_ADAPTER_SIGNING_PASSPHRASE_FILE: 'file with its passphrase, where no terminal can ask',
  TRIAL_ADAPTER_DEV_TOKEN: 'bearer token that serve --dev accepts',
};
