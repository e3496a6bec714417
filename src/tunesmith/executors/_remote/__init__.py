"""What runs on the other machine for `SshExecutor`: files, an agent that runs trials, and a connector to it.

The agent and the connector share a folder, and neither needs the other to be alive: requests lie in `inbox/`, trials in
`trials/`, how they ended in `outcomes/`.
"""
