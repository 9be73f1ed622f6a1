"""The BertRelease operator: releases model services on Kubernetes and takes bad releases back."""
