//! What is never replaced, and what always is, by the reference's list.

use super::clean;

#[test]
fn references_and_identifiers_are_left() {
    for text in [
        "image: registry.test/web@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        "imageID: docker-pullable://registry.test/web@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        "containerID: containerd://0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        "uid: 8b1c6a0e-8f5b-4f57-9c39-5d1f0f3f8a11",
        "resourceVersion: \"123456789\"",
        "pod-template-hash: 7d9f8b6c5d",
        "controller-revision-hash=web-7d9f8b6c5d",
        "certificate-authority-data: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSUJWUUlCQURBTkJna3Foa2lH",
        "tls:\n- secretName: web-tls-2\n  hosts: [a.test]",
        "{\"secretKeyRef\":{\"name\":\"db-creds-1\",\"key\":\"password\"}}",
        "valueFrom:\n  secretKeyRef:\n    key: db-password\n    name: db-creds-7f9c2",
        "{\"name\":\"DB_PASSWORD\",\"valueFrom\":{\"secretKeyRef\":{\"key\":\"password\",\"name\":\"db\"}}}",
        "- name: DB_PASSWORD\n  valueFrom:\n    secretKeyRef:\n      key: password\n      name: db\n- name: MODE\n  value: fast",
        "envFrom:\n- secretRef:\n    name: app-secrets-2",
        "imagePullSecrets:\n- name: regcred-2024",
        "volumes:\n- name: creds\n  secret:\n    secretName: app-creds-v2\n    defaultMode: 420",
        "projected:\n  sources:\n  - serviceAccountToken:\n      expirationSeconds: 3607\n      path: token",
        "    Mounts:\n      /var/run/secrets/kubernetes.io/serviceaccount from kube-api-access-x7k2p (ro)",
        "  TokenExpirationSeconds:  3607",
        "  Type:        Secret (a volume populated by a Secret)\n  SecretName:  app-creds-v2",
        "Image pull secrets:  regcred-2024",
        "Mountable secrets:   default-token-x7k2p",
        "POSTGRES_PASSWORD_FILE=/run/secrets/db-password",
        "password_file: /etc/app/password.txt",
        "DB_PASSWORD:  <set to the key 'password' in secret 'db'>  Optional: false",
        "password: {{ .Values.auth.password | quote }}",
        "password: \"${DB_PASSWORD}\"",
        "--password=$(DB_PASSWORD)",
        "PGPASSWORD=$POSTGRES_PASSWORD psql",
        "url: postgres://app:$(DB_PASSWORD)@db:5432/app",
        "token: <none>",
        "password: \"\"",
        "password:  12 bytes",
        "existingSecret: my-release-postgresql",
        "existingSecretPasswordKey: postgres-password",
        "adminPasswordSecretRef: {name: grafana-admin, key: password2}",
        "secretStoreRef:\n  name: vault-backend\n  kind: ClusterSecretStore",
        "remoteRef:\n  key: secret/data/app/db-2\n  property: password",
        "secretKey: db-password-2",
        "ownerReferences:\n- uid: 8b1c6a0e-8f5b-4f57-9c39-5d1f0f3f8a11",
        "automountServiceAccountToken: false",
        "authentication.k8s.io/pod-name: web-7d9f8b6c5d-x7k2p",
        "Warning  FailedMount  secret \"app-creds-v2\" not found",
        "error: couldn't find key token in Secret shop/app-creds-v2",
        "kubectl get secret app-creds-v2 -n shop -o yaml",
        "invalid token: unexpected character at 12",
        "nodeSelector: {kubernetes.io/hostname: node-1}",
        "checksum/secret: 4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945",
        "cache-key: build-7d9f8b6c5d",
    ] {
        assert_eq!(clean(text), text);
    }
}

#[test]
fn a_secret_has_no_other_way_out() {
    for text in [
        "value: hunter2x\nname: DB_PASSWORD",
        "        - value: hunter2x\n          name: DB_PASSWORD\n",
        "{\"value\": \"hunter2x\", \"name\": \"DB_PASSWORD\"}",
        "{\\\"name\\\":\\\"DB_PASSWORD\\\",\\\"value\\\":\\\"hunter2x\\\"}",
        "\\\\\\\"password\\\\\\\":\\\\\\\"hunter2x\\\\\\\"",
        "args:\n- --db-password\n- hunter2x\n",
        "[\"--db-password\", \"hunter2x\"]",
        "{\"password\":\n  \"hunter2x\"}",
        "<name>db.password</name>\n<value>hunter2x</value>",
        "<add key=\"SmtpPassword\" value=\"hunter2x\"/>",
        "db_password:\n----\nhunter2x\n",
        "HTTP_Passwd 7Hunter2x\n",
        "{\"password\": 12345678}",
        "postgres://app:hunter/2x@db:5432/app",
        "Password:hunter2x SSL:false",
        "curl -u elastic:hunter2x http://localhost:9200",
        "ALTER USER app WITH PASSWORD 'hunter2x'",
        "machine a.test\n login bot\n password hunter2x",
        "redirect?u=https%3A%2F%2Fx%3Faccess_token%3Dhunter2x%26s",
        "apiVersion: v1\nitems:\n- apiVersion: v1\n  data:\n    x: hunter2x\n  kind: Secret\n",
        "{\"items\":[{\"data\":{\"x\":\"hunter2x\"},\"kind\":\"Secret\"}]}",
        "kind: Secret\nstringData:\n  x: |\n    a=hunter2x\n",
    ] {
        let out = clean(text);
        assert!(!out.contains("unter2x") && !out.contains("12345678") && !out.contains("hunter/2x"), "{text:?} became {out:?}");
    }
}
