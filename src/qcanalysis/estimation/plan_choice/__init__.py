"""Which sampling plan the next order should carry: candidates, risks, effort and cost."""
